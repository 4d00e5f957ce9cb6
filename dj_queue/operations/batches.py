"""Work in batches that are short each: who does it may be asked before each of them whether to go on."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

type GoesOn = Callable[[], bool]
"""Called before each batch; False leaves the rest for another time."""


def to_the_end() -> bool:
    """Nothing else waits."""
    return True


def keys_in_batches(rows: QuerySet[Any], size: int, goes_on: GoesOn = to_the_end) -> Iterator[list[Any]]:
    """The primary keys of these rows in their order, each read once, `size` of them at a time."""
    in_order = rows.order_by("pk").values_list("pk", flat=True)
    keys = list(in_order[:size])
    while keys and goes_on():
        yield keys
        # Not from the front again: what is not deleted there would be looked at for each batch.
        keys = list(in_order.filter(pk__gt=keys[-1])[:size]) if len(keys) == size else []
