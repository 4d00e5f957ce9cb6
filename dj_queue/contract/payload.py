"""The JSON and the text that every database can hold: one verdict on a value, naming what is wrong.

What is accepted comes back from each of the databases equal to what went in, apart from what JSON itself
changes: tuples become lists, bytes become text. Refused is what one database or another rejects or changes.
"""

import json
import re
import sys
from decimal import Decimal
from typing import Any, NamedTuple

from dj_queue.contract.payload_fit import fits
from dj_queue.contract.payload_reader import read_plain, refuse_size

NO_LIMIT = sys.maxsize
SCALARS = frozenset({str, int, float, bool, type(None)})
TEXT_OR_LARGE_FLOAT = re.compile(r'"(?:[^"\\]++|\\.)*+"|-?\d+(?:\.\d+)?e\+\d+')


class PayloadEncoder(json.JSONEncoder):
    """Writes large floats digit by digit: a database that keeps decimals would give `1e+16` back as an integer."""

    def encode(self, o: Any) -> str:
        """The JSON text of `o`."""
        text = super().encode(o)
        return TEXT_OR_LARGE_FLOAT.sub(_without_exponent, text) if "e+" in text else text


def _without_exponent(found: re.Match[str]) -> str:
    token = found[0]
    return token if token.startswith('"') else f"{Decimal(token):f}.0"


# escapes keep the text ASCII: no database and no connection charset can change it
_encode = PayloadEncoder(separators=(",", ":"), check_circular=False).encode


class Payload(NamedTuple):
    """A value that survives JSON on every database."""

    text: str
    """Its compact JSON, in ASCII."""
    plain: Any
    """A copy as it comes back from JSON."""


def read_payload(value: object, where: str, max_bytes: int | None = None) -> Payload:
    """The text of `value` and a plain copy, in one look.

    Args:
        value: what to store.
        where: what the error text calls it, such as `args`.
        max_bytes: the longest text allowed; None for no limit.

    Raises:
        PayloadError: it does not survive JSON on every database; names the path inside the value.
    """
    limit = NO_LIMIT if max_bytes is None else max_bytes
    if type(value) is dict and not value and limit >= len("{}"):
        return Payload("{}", {})
    plain = _copy(value) if fits(value, limit) else read_plain(value, where, limit)
    text = _encode(plain)
    if len(text) > limit:
        refuse_size(where, limit)
    return Payload(text, plain)


def dump_payload(value: object, where: str, max_bytes: int | None = None) -> str:
    """The compact JSON text of `value`, in ASCII.

    Args:
        value: what to store.
        where: what the error text calls it, such as `args`.
        max_bytes: the longest text allowed; None for no limit.

    Raises:
        PayloadError: it does not survive JSON on every database; names the path inside the value.
    """
    limit = NO_LIMIT if max_bytes is None else max_bytes
    text = _encode(value if fits(value, limit) else read_plain(value, where, limit))
    if len(text) > limit:
        refuse_size(where, limit)
    return text


def check_payload(value: object, where: str) -> None:
    """Refuse what `dump_payload` refuses.

    Raises:
        PayloadError: the value does not survive JSON on every database; names the path inside it.
    """
    if not fits(value, NO_LIMIT):
        read_plain(value, where, NO_LIMIT)


def normalize(value: object) -> Any:
    """A copy of `value` as it comes back from JSON.

    Raises:
        PayloadError: the value does not survive JSON on every database; names the path inside it.
    """
    return _copy(value) if fits(value, NO_LIMIT) else read_plain(value, "value", NO_LIMIT)


def escape_text(text: str) -> str:
    r"""`text` as every database can store it: NUL becomes `\x00`, a lone surrogate such as `\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def truncate_middle(text: str, max_chars: int) -> str:
    """`text` in at most `max_chars` characters: its head, how much is left out, its tail."""
    if len(text) <= max_chars:
        return text
    kept = max_chars - len(_left_out(len(text)))
    if kept < 0:
        return text[:max_chars]
    tail = kept // 2
    return text[: kept - tail] + _left_out(len(text) - kept) + text[len(text) - tail :]


def _left_out(count: int) -> str:
    return f"\n... {count} characters left out ...\n"


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is list or kind is tuple:
        return [item if type(item) in SCALARS else _copy(item) for item in value]
    if kind is dict:
        return {key: item if type(item) in SCALARS else _copy(item) for key, item in value.items()}
    return value
