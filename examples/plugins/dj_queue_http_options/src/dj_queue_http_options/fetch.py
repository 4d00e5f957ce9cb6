"""One question over HTTP, bounded in time and size."""

import queue
import threading

import requests
from requests.auth import AuthBase

from dj_queue_http_options.endpoint import Endpoint

PATIENCE = 5.0
"""Seconds to connect, and for each piece of the answer."""
LIMIT = 10.0
"""Seconds for all of it: names, connecting, the answer to its end."""
MOST_BYTES = 1024 * 1024
PIECE = 64 * 1024


class Unreachable(Exception):
    """The endpoint gives no answer that counts."""


class Bearer(AuthBase):
    """Sends the token. Given as `auth`, so that no netrc file and no user in the address takes its place."""

    def __init__(self, token: str | None) -> None:
        """Send this token, or nothing."""
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def fetch(endpoint: Endpoint) -> str:
    """The answer's text.

    Raises:
        Unreachable: there is none, it is no success, or it is too slow or too large.
    """
    answers: queue.SimpleQueue[str | Unreachable] = queue.SimpleQueue()
    # Names are looked up, and headers sent, at a speed that no timeout of requests bounds.
    threading.Thread(
        target=lambda: answers.put(_asked(endpoint)), name="dj_queue-http-options", daemon=True
    ).start()
    try:
        answer = answers.get(timeout=LIMIT)
    except queue.Empty:
        raise Unreachable(f"{endpoint.place}: its answer takes more than {LIMIT:g} seconds") from None
    if isinstance(answer, Unreachable):
        raise answer
    return answer


def _asked(endpoint: Endpoint) -> str | Unreachable:
    try:
        return _read(endpoint)
    except Unreachable as error:
        return error
    except (requests.RequestException, UnicodeError, OSError) as error:
        # Its text, and whatever it is the cause of, may hold the whole address, or the token.
        return Unreachable(f"{endpoint.place}: it cannot be read: {type(error).__name__}")


def _read(endpoint: Endpoint) -> str:
    pieces = bytearray()
    with requests.get(
        endpoint.url,
        headers={"Accept": "application/json"},
        auth=Bearer(endpoint.token),
        timeout=PATIENCE,
        allow_redirects=False,
        stream=True,
    ) as answer:
        if answer.status_code != requests.codes.ok:
            raise Unreachable(
                f"{endpoint.place}: it answers {answer.status_code} {answer.reason}, not 200 OK"
            )
        for piece in answer.iter_content(PIECE):
            pieces += piece
            if len(pieces) > MOST_BYTES:
                raise Unreachable(f"{endpoint.place}: its answer has more than {MOST_BYTES} bytes")
    return pieces.decode()
