"""The options that hold now: what the endpoint answers, or at the start the copy of what it last answered."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import quote

from dj_queue.contract import ConfigSourceError
from dj_queue_http_options.endpoint import Endpoint
from dj_queue_http_options.fetch import Unreachable, fetch

logger = logging.getLogger("dj_queue_http_options")

_asked: set[str] = set()
"""Addresses that have answered this process."""


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
        return _from_copy(endpoint, error)
    found = Found(endpoint.place, _mapping(text, endpoint.place))
    _asked.add(endpoint.url)
    _keep(endpoint, text)
    return found


def _from_copy(endpoint: Endpoint, error: Unreachable) -> Found:
    path = _copy_of(endpoint)
    # What runs already has newer options than the copy, or the same.
    if path is None or endpoint.url in _asked or not path.is_file():
        raise ConfigSourceError(str(error)) from error
    logger.warning("%s; going on with the copy of its last answer, %s", error, path)
    return Found(str(path), _mapping(path.read_text(), str(path)))


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
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
            new.write(text)
        Path(new.name).replace(path)
    except OSError as error:
        logger.warning("the answer of %s could not be kept: %s", endpoint.place, error)


def _copy_of(endpoint: Endpoint) -> Path | None:
    if endpoint.copies is None:
        return None
    return endpoint.copies / f"dj_queue-{quote(endpoint.alias, safe='')}.json"
