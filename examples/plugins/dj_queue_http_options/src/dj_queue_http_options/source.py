"""The options that hold now: what the endpoint answers, or at the start the copy of what it last answered."""

import json
import logging
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dj_queue.contract import ConfigSourceError
from dj_queue_http_options.endpoint import Endpoint
from dj_queue_http_options.fetch import Unreachable, fetch

logger = logging.getLogger("dj_queue_http_options")

_started: set[str] = set()
"""Addresses whose options this process has had, be it from a copy."""


@dataclass(frozen=True, slots=True)
class Found:
    """Options, and the place they come from."""

    place: str
    values: Mapping[str, Any]


def current_options(endpoint: Endpoint) -> Found:
    """What holds now.

    Raises:
        ConfigSourceError: the endpoint cannot be read, and this is not a start for which there is a copy.
    """
    try:
        text = fetch(endpoint)
    except Unreachable as error:
        found = _from_copy(endpoint, str(error))
    else:
        found = Found(endpoint.place, _mapping(text, endpoint.place))
        _keep(endpoint, text)
    _started.add(endpoint.url)
    return found


def _from_copy(endpoint: Endpoint, reason: str) -> Found:
    path = _copy_of(endpoint)
    # What runs already has newer options than the copy, or the same.
    if path is None or endpoint.url in _started or not path.is_file():
        raise ConfigSourceError(reason)
    try:
        found = Found(str(path), _mapping(path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeError) as error:
        raise ConfigSourceError(f"{reason}; its copy {path} cannot be read: {error}") from error
    logger.warning("%s; going on with the copy of its last answer, %s", reason, path)
    return found


def _mapping(text: str, place: str) -> Mapping[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigSourceError(f"{place}: this is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigSourceError(f"{place}: write a JSON object of options, not {type(values).__name__}")
    return values


def _keep(endpoint: Endpoint, text: str) -> None:
    """Keep an answer for a start without the endpoint; whole or not at all."""
    path = _copy_of(endpoint)
    if path is None:
        return
    new = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        logger.warning("the answer of %s could not be kept: %s", endpoint.place, error)
        with suppress(OSError):
            new.unlink()


def _copy_of(endpoint: Endpoint) -> Path | None:
    if endpoint.copies is None:
        return None
    return endpoint.copies / f"dj_queue-{quote(endpoint.alias, safe='')}.json"
