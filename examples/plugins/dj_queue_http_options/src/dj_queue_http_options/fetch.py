"""One question over HTTP, bounded in time and size."""

import time

import requests

from dj_queue_http_options.endpoint import Endpoint

PATIENCE = 3.0
"""Seconds to connect, and for each piece of the answer."""
LIMIT = 10.0
"""Seconds for the whole answer."""
MOST_BYTES = 1024 * 1024
PIECE = 64 * 1024


class Unreachable(Exception):
    """The endpoint gives no answer that counts."""


def fetch(endpoint: Endpoint) -> str:
    """The answer's text.

    Raises:
        Unreachable: there is none, it is no success, or it is too slow or too large.
    """
    headers = {"Accept": "application/json"}
    if endpoint.token:
        headers["Authorization"] = f"Bearer {endpoint.token}"
    deadline = time.monotonic() + LIMIT
    try:
        with requests.get(
            endpoint.url, headers=headers, timeout=PATIENCE, allow_redirects=False, stream=True
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise Unreachable(
                    f"{endpoint.place}: it answers {answer.status_code} {answer.reason}, not 200 OK"
                )
            return _read(answer, endpoint, deadline)
    except (requests.RequestException, UnicodeDecodeError) as error:
        # The text of an error may hold the whole address.
        raise Unreachable(f"{endpoint.place}: it cannot be read: {type(error).__name__}") from error


def _read(answer: requests.Response, endpoint: Endpoint, deadline: float) -> str:
    pieces = bytearray()
    for piece in answer.iter_content(PIECE):
        pieces += piece
        if len(pieces) > MOST_BYTES:
            raise Unreachable(f"{endpoint.place}: its answer has more than {MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise Unreachable(f"{endpoint.place}: its answer takes more than {LIMIT:g} seconds")
    return pieces.decode()
