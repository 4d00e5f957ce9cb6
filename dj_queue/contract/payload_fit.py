"""The quick proof that a value is plain JSON for every database: it runs on every enqueue and result.

Each check takes the characters still allowed and returns what is left after the least that its value
takes as JSON text. A negative number means no proof: the value needs a reading that names its faults.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from dj_queue.contract.payload_reader import MAX_DEPTH, MAX_INT, MIN_INT, is_storable

UNPROVEN = -1


def fits(value: object, limit: int) -> bool:
    """Whether `value` is surely plain JSON, with at least a chance to take at most `limit` characters."""
    return _check_of(type(value), _unknown)(value, limit, MAX_DEPTH) >= 0


def _list(value: Sequence[Any], room: int, depth: int) -> int:
    room -= 2 * len(value)
    if depth == 0 or room < 0:
        return UNPROVEN
    for item in value:
        room = _check_of(type(item), _unknown)(item, room, depth - 1)
        if room < 0:
            return UNPROVEN
    return room


def _dict(value: dict[Any, Any], room: int, depth: int) -> int:
    room -= 4 * len(value)
    if depth == 0 or room < 0:
        return UNPROVEN
    for key, item in value.items():
        if type(key) is not str or (room := _text(key, room, 0)) < 0:
            return UNPROVEN
        room = _check_of(type(item), _unknown)(item, room, depth - 1)
        if room < 0:
            return UNPROVEN
    return room


def _text(value: str, room: int, _depth: int) -> int:
    return room - len(value) - 1 if is_storable(value) else UNPROVEN


def _int(value: int, room: int, _depth: int) -> int:
    return room if MIN_INT <= value <= MAX_INT else UNPROVEN


def _float(value: float, room: int, _depth: int) -> int:
    return room if isfinite(value) else UNPROVEN


def _constant(_value: object, room: int, _depth: int) -> int:
    return room


def _unknown(_value: object, _room: int, _depth: int) -> int:
    return UNPROVEN


_CHECKS: dict[type, Callable[[Any, int, int], int]] = {
    bool: _constant,
    dict: _dict,
    float: _float,
    int: _int,
    list: _list,
    str: _text,
    tuple: _list,
    type(None): _constant,
}
_check_of = _CHECKS.get
