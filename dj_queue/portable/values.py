"""How columns spell Python's values where the database has no type for moments with a zone, or for ids: as Django's do."""

from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID


@lru_cache(maxsize=64)  # the rows of one batch share their moments
def moment_out(value: datetime) -> str:
    """The text of a UTC moment."""
    return str(value.astimezone(UTC).replace(tzinfo=None))


def moment_in(value: datetime | None) -> datetime | None:
    """The moment of a stored value, which the driver or Django's converter has parsed."""
    return None if value is None else value.replace(tzinfo=UTC)


def id_out(value: UUID) -> str:
    """The text of an id."""
    return value.hex
