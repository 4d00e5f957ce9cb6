"""Moments as OpenTelemetry counts them: nanoseconds since 1970."""

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS = 1_000_000_000


def nanoseconds(moment: datetime | None) -> int | None:
    """Of an aware moment."""
    if moment is None:
        return None
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * NANOSECONDS + since.microseconds * 1000
