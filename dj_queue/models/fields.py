"""Column types of the queue's tables."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class UTCDateTimeField(models.DateTimeField):  # type: ignore[type-arg]
    """A moment: aware UTC in Python and UTC in the database, whatever USE_TZ and TIME_ZONE say.

    The queue compares stored times with the database's clock, so their zone cannot depend on settings.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Keep migrations pointing at this class by its public path."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "dj_queue.models.fields.UTCDateTimeField", args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Accept aware datetimes only; expressions pass through."""
        value = models.Field.get_prep_value(self, value)
        if not isinstance(value, datetime):
            return value
        if value.tzinfo is None:
            raise ValueError(f"{self.name} got the naive datetime {value!r}; the queue stores aware ones")
        return value.astimezone(UTC)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        """Give the driver an aware value where columns know zones, else naive UTC."""
        if not prepared:
            value = self.get_prep_value(value)
        if not isinstance(value, datetime):
            return value
        if connection.features.supports_timezones:
            return value
        return connection.ops.adapt_datetimefield_value(value.replace(tzinfo=None))

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """Read any stored value back as aware UTC."""
        if not isinstance(value, datetime):
            return value
        if not connection.features.supports_timezones:
            return value.replace(tzinfo=UTC)
        if value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(connection.timezone_name))
        return value.astimezone(UTC)

    def to_python(self, value: Any) -> Any:
        """Accept what forms and fixtures give; naive text is read as UTC."""
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value
