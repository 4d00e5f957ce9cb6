"""Statements made of many rows, cut to what the server takes."""

from collections.abc import Callable, Iterable, Iterator

from django.db import DataError

from dj_queue_mysql.connection import most_bytes

LONGEST = 512 * 1024
"""Bytes of the longest statement that is made of many rows: longer ones gain nothing."""
UNASKED = 32 * 1024
"""Bytes that every server takes."""
BESIDE = 4096
"""Bytes of a statement beside its rows, at most."""


def in_pieces(alias: str, rows: Iterable[str], name_of: Callable[[int], str]) -> Iterator[list[str]]:
    """These parts of a statement, as many at once as one statement takes well.

    Args:
        alias: the key in DATABASES.
        rows: what stands between commas in the statement.
        name_of: what to call the row of this number in an error.

    Raises:
        DataError: one row alone is more than the server takes. It was not sent: a transaction stays usable.
    """
    piece: list[str] = []
    most = UNASKED
    length = 0
    for number, row in enumerate(rows):
        size = 1 + (len(row) if row.isascii() else len(row.encode()))
        if length + size > UNASKED == most:
            most = min(LONGEST, most_bytes(alias) - BESIDE)
        if size > most:
            _require_room(alias, size, name_of(number))
        if piece and length + size > most:
            yield piece
            piece, length = [], 0
        piece.append(row)
        length += size
    if piece:
        yield piece


def _require_room(alias: str, size: int, name: str) -> None:
    limit = most_bytes(alias)
    if size > limit - BESIDE:
        raise DataError(
            f"{name} takes {size} bytes in a statement to database {alias!r}, whose max_allowed_packet is {limit}: "
            "pass less, such as the id of data kept elsewhere, or raise max_allowed_packet"
        )
