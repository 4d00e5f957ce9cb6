"""Where the options are, as the environment says: checked before anything is asked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from dj_queue.contract import ConfigSourceError

URL = "DJ_QUEUE_HTTP_OPTIONS_URL"
TOKEN = "DJ_QUEUE_HTTP_OPTIONS_TOKEN"
EVERY = "DJ_QUEUE_HTTP_OPTIONS_EVERY"
COPIES = "DJ_QUEUE_HTTP_OPTIONS_COPIES"
ALIAS = "{alias}"
DEFAULT_EVERY = 30.0
LEAST_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address to ask for the options of one backend alias."""

    alias: str
    url: str = field(repr=False)
    """May hold what is secret: `place` is what to show."""
    every: float = DEFAULT_EVERY
    """Seconds between questions while the queue runs."""
    token: str | None = field(default=None, repr=False)
    """Sent as a bearer token."""
    copies: Path | None = None
    """A directory for the last good answers."""

    @property
    def place(self) -> str:
        """The address without what may be secret in it, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def read_endpoint(alias: str, environment: Mapping[str, str]) -> Endpoint | None:
    """The endpoint that the environment names, or None.

    Raises:
        ConfigSourceError: a variable cannot work.
    """
    template = environment.get(URL)
    if not template:
        return None
    copies = environment.get(COPIES)
    return Endpoint(
        alias,
        _url(template.replace(ALIAS, quote(alias, safe=""))),
        _seconds(environment.get(EVERY)),
        _token(environment.get(TOKEN)),
        _directory(copies) if copies else None,
    )


def _url(text: str) -> str:
    """`text`, which may hold a secret and is not shown."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigSourceError(
            f"{URL}: write a whole address, such as https://config.example.com/queue/{ALIAS}.json"
        )
    return text


def _token(text: str | None) -> str | None:
    """`text` without the line end that files of secrets have."""
    token = (text or "").strip()
    if not all("!" <= letter <= "~" for letter in token):
        raise ConfigSourceError(f"{TOKEN}: write letters, digits and punctuation of ASCII, without spaces")
    return token or None


def _seconds(text: str | None) -> float:
    if not text:
        return DEFAULT_EVERY
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not LEAST_EVERY <= seconds < math.inf:
        raise ConfigSourceError(f"{EVERY}: {text!r} is not allowed; write seconds of at least 1")
    return seconds


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ConfigSourceError(f"{COPIES}: {text!r} is no directory; make it, or leave the variable out")
    return path
