"""Moments that callers name or are given: UTC inside, and in results as the project's USE_TZ says."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

EARLIEST = datetime(1000, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""What every database holds, and gives back in every time zone."""


def as_utc(moment: datetime) -> datetime:
    """`moment` in UTC; where USE_TZ is off, a naive one is in the project's time zone.

    Raises:
        ValueError: it is naive though USE_TZ is on, or not every database can hold it.
    """
    if timezone.is_naive(moment):
        if settings.USE_TZ:
            raise ValueError(f"{moment!r} is naive; with USE_TZ on, use an aware datetime")
        moment = timezone.make_aware(moment, timezone.get_default_timezone())
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{moment!r} is outside what UTC can say: {error}") from None
    if not EARLIEST <= utc <= LATEST:
        raise ValueError(
            f"{moment!r} is outside what every database holds; use {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"
        )
    return utc


def as_shown(moment: datetime | None) -> datetime | None:
    """A stored moment as results show it: aware, or naive in the project's time zone where USE_TZ is off."""
    if moment is None or settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())
