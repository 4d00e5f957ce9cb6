"""A config source whose options change while the queue runs: a YAML file that it reads again and again."""

import time
from pathlib import Path

import yaml

from dj_queue.contract import ConfigLayer, ConfigSourceError, hookimpl

VARIABLE = "TESTS_CHANGING_OPTIONS"
HANGS = "hangs"
"""Written in place of options: from then on the source does not answer, and leaves a file that says so."""
IS_HUNG = "is-hung"


@hookimpl
def dj_queue_config_source(invocation):
    """What the file says now."""
    path = Path(invocation.environment[VARIABLE])
    text = path.read_text()
    while text == HANGS:
        path.with_name(IS_HUNG).touch()
        time.sleep(1)
        text = path.read_text()
    values = yaml.safe_load(text) or {}
    if not isinstance(values, dict):
        raise ConfigSourceError(f"{path}: no mapping of options")
    return ConfigLayer(path.name, 25, values, path.name, ask_again_after=0.2)
