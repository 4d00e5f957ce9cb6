"""Which database a plugin is asked about, and what it has to say about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """One entry of DATABASES, as known without connecting to it."""

    alias: str
    vendor: str
    """Django's name for the kind of server: what `connections[alias].vendor` says."""
    engine: str
    """The dotted path of the Django database backend."""


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """A finding for `manage.py check` and the boot log."""

    level: str
    """`warning` or `error`."""
    text: str
    hint: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class OldestReader:
    """Who has kept a database from cleaning up old row versions for the longest time."""

    holder: str
    """In the operator's words: a session, a prepared transaction, a replication slot."""
    seconds: float
    """Since when, by the database's clock."""
