"""Loading: layers become checked options, or one error that lists everything wrong with them."""

from collections.abc import Mapping
from typing import Any

from dj_queue.config.merge import Merged
from dj_queue.config.options import MEBIBYTE, Options
from dj_queue.config.recurring import read_recurring
from dj_queue.config.sections import (
    Problem,
    read_dispatchers,
    read_scheduler,
    read_top,
    read_workers,
)
from dj_queue.config.surroundings import check_surroundings
from dj_queue.exceptions import ConfigurationError

MAX_ALIAS = 64


def read_options(alias: str, merged: Merged) -> Options:
    """The options that merged values give.

    Raises:
        ConfigurationError: something is wrong; every problem is named with its path in its source.
    """
    problems: list[Problem] = []
    options = _options(merged.values, problems)
    problems += check_surroundings(options)
    texts = [f"{merged.place(path)}: {text}" for path, text in problems]
    if len(alias) > MAX_ALIAS:
        texts.append(f"TASKS[{alias!r}]: the alias has {len(alias)} characters; {MAX_ALIAS} are allowed")
    if texts:
        raise ConfigurationError(texts)
    return options


def _options(values: Mapping[str, Any], problems: list[Problem]) -> Options:
    """Options of all that can be read; the rest goes to `problems`."""
    found = read_top(values, problems)
    if "workers" in values:
        found["workers"] = read_workers(values["workers"], problems)
    if "dispatchers" in values:
        found["dispatchers"] = read_dispatchers(values["dispatchers"], problems)
    if "scheduler" in values:
        found["scheduler"] = read_scheduler(values["scheduler"], problems)
    if "recurring" in values:
        limit = found.get("max_payload_bytes", MEBIBYTE)
        found["recurring"] = read_recurring(values["recurring"], problems, limit)
    return Options(**found, values=values)
