"""The core's own layers of options: TASKS, a YAML file, the environment, the command line."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dj_queue.config.yaml_file import read_yaml
from dj_queue.contract import ConfigLayer, ConfigSourceError, Invocation
from dj_queue.contract.config import COMMAND_LINE, ENVIRONMENT, FILE, SETTINGS

CONFIG_VARIABLE = "DJ_QUEUE_CONFIG"
MODE_VARIABLE = "DJ_QUEUE_MODE"
SKIP_RECURRING_VARIABLE = "DJ_QUEUE_SKIP_RECURRING"

FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def settings_layer(alias: str) -> ConfigLayer:
    """`TASKS[alias]["OPTIONS"]`.

    Raises:
        ConfigSourceError: it is not a mapping.
    """
    prefix = f"TASKS[{alias!r}]['OPTIONS']"
    options = settings.TASKS[alias].get("OPTIONS", {})
    if not isinstance(options, Mapping):
        raise ConfigSourceError(f"{prefix}: {options!r} is not a mapping of options")
    return ConfigLayer("TASKS", SETTINGS, options, prefix)


def file_layer(invocation: Invocation) -> ConfigLayer | None:
    """The YAML file that `--config` names, else the one that DJ_QUEUE_CONFIG names.

    Raises:
        ConfigSourceError: the file cannot be read.
    """
    name = invocation.config_file or invocation.environment.get(CONFIG_VARIABLE)
    if not name:
        return None
    return ConfigLayer(name, FILE, read_yaml(name), name)


def environment_layers(invocation: Invocation) -> list[ConfigLayer]:
    """DJ_QUEUE_MODE and DJ_QUEUE_SKIP_RECURRING, a layer for each that is set to something."""
    layers: list[ConfigLayer] = []
    mode = invocation.environment.get(MODE_VARIABLE)
    if mode:
        layers.append(ConfigLayer(MODE_VARIABLE, ENVIRONMENT, {"mode": mode}, MODE_VARIABLE))
    word = invocation.environment.get(SKIP_RECURRING_VARIABLE)
    if word:
        # a word that is neither is left for the option's reader to refuse
        skip = {"skip_recurring": FLAGS.get(word.strip().lower(), word)}
        layers.append(ConfigLayer(SKIP_RECURRING_VARIABLE, ENVIRONMENT, skip, SKIP_RECURRING_VARIABLE))
    return layers


def command_line_layer(invocation: Invocation) -> ConfigLayer | None:
    """`--mode` and `--skip-recurring`."""
    values: dict[str, Any] = {}
    if invocation.mode is not None:
        values["mode"] = invocation.mode
    if invocation.skip_recurring:
        values["skip_recurring"] = True
    return ConfigLayer("command line", COMMAND_LINE, values, "command line") if values else None
