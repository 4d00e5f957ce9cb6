"""What the environment says: where to answer scrapes, and where processes leave their counts."""

import os
from dataclasses import dataclass
from pathlib import Path

from dj_queue.contract import CheckMessage

ADDRESS = "DJ_QUEUE_PROMETHEUS_ADDRESS"
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
LOOPBACK = "127.0.0.1"
PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Address:
    """Where scrapes are answered."""

    host: str
    port: int


def address() -> Address | None:
    """What DJ_QUEUE_PROMETHEUS_ADDRESS says: a port of this machine alone, or host and port; None where unset.

    Raises:
        ValueError: it is no address.
    """
    text = os.environ.get(ADDRESS, "").strip()
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) not in PORTS:
        raise ValueError(f"{ADDRESS} is {text!r}; it takes a port such as 9464, or host and port")
    return Address(host.strip("[]") or LOOPBACK, int(port))


def directory() -> Path | None:
    """What PROMETHEUS_MULTIPROC_DIR says."""
    text = os.environ.get(DIRECTORY)
    return Path(text) if text else None


def findings() -> list[CheckMessage]:
    """What an operator should change."""
    try:
        wanted = address()
    except ValueError as error:
        return [CheckMessage("error", str(error))]
    if wanted is None or directory() is not None:
        return []
    text = f"{ADDRESS} is set and {DIRECTORY} is not: in fork mode a scrape counts for one process only"
    return [CheckMessage("warning", text, hint=f"name a directory of this queue alone in {DIRECTORY}")]
