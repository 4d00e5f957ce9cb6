"""What a server can do, found out by asking it: both kinds come in many versions, forks and guises."""

from functools import cache
from typing import Any

from django.db import ProgrammingError, connections

# Two ids of version 7, the first made a millisecond before the second, which has the smaller last part.
SORTS_BY_TIME = """
SELECT CAST('00000000-0001-7000-8000-000000000002' AS UUID) < CAST('00000000-0002-7000-8000-000000000001' AS UUID)
"""

BLOCK = "BEGIN NOT ATOMIC DECLARE found INT DEFAULT 1; SELECT found; END"


@cache
def runs_blocks(alias: str) -> bool:
    """Whether statements with loops and variables may be sent as they are, without a stored procedure."""
    with connections[alias].cursor() as cursor:
        try:
            cursor.execute(BLOCK)
        except ProgrammingError:
            return False
        return bool(cursor.fetchone())


def sorts_ids_by_time(alias: str) -> bool:
    """Whether older ids come first: columns of type uuid once sorted by their last bytes, which are random."""
    connection: Any = connections[alias]
    if not connection.features.has_native_uuid_field:
        return True
    with connection.cursor() as cursor:
        cursor.execute(SORTS_BY_TIME)
        (sorts_by_time,) = cursor.fetchone()
    return bool(sorts_by_time)
