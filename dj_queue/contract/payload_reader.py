"""The careful reading of a value as JSON: copies it into plain types or names the place it cannot."""

from collections.abc import Buffer, Mapping, Sequence
from math import isfinite
from typing import Any, NoReturn

from dj_queue.contract.errors import PayloadError

MAX_DEPTH = 30
MIN_INT, MAX_INT = -(2**63), 2**63 - 1
MAX_SHOWN = 60


def read_plain(value: object, where: str, limit: int) -> Any:
    """A copy of `value` in plain JSON types that takes no more than about `limit` characters.

    Raises:
        PayloadError: it does not survive JSON on every database; names the path inside the value.
    """
    reader = _Reader(where, limit)
    try:
        return reader.read(value)
    except PayloadError:
        raise
    except Exception as error:
        raise PayloadError(f"{reader.place}: reading it raised {type(error).__qualname__}") from error


def refuse_size(where: str, limit: int) -> NoReturn:
    """Say that the value is too large.

    Raises:
        PayloadError: always.
    """
    raise PayloadError(f"{where}: more than {limit} bytes of JSON; keep large data elsewhere and pass its id")


def is_storable(text: str) -> bool:
    """Whether every database can store the text: no NUL, no lone surrogate."""
    return "\0" not in text and (text.isascii() or _is_utf8(text))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Reader:
    def __init__(self, where: str, limit: int) -> None:
        self.where = where
        self.limit = limit
        self.room = limit
        self.path: list[str] = []
        self.open: set[int] = set()

    @property
    def place(self) -> str:
        return self.where + "".join(f"[{step}]" for step in self.path)

    def read(self, value: object) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (str, bytes)):
            return self._text(value)
        if isinstance(value, int):
            return self._int(int.__index__(value))
        if isinstance(value, float):
            return self._float(float.__float__(value))
        if isinstance(value, (Mapping, Sequence)) and not isinstance(value, Buffer):
            return self._container(value)
        return self._refuse(
            f"{type(value).__qualname__} is not JSON; pass text, numbers, None, lists or dicts"
        )

    def _text(self, value: str | bytes) -> str:
        if isinstance(value, bytes):
            value = self._decoded(value)
        text = str.__str__(value)
        self._spend(len(text) + 1)
        if not is_storable(text):
            self._refuse(_flaw(text))
        return text

    def _decoded(self, value: bytes) -> str:
        try:
            return value.decode()
        except UnicodeDecodeError:
            self._refuse("bytes that are not UTF-8 are not JSON; pass their base64 or hex text")

    def _int(self, number: int) -> int:
        if not MIN_INT <= number <= MAX_INT:
            self._refuse("an integer beyond signed 64 bits is not stored everywhere; pass it as text")
        return number

    def _float(self, number: float) -> float:
        if not isfinite(number):
            self._refuse(f"{number} is not JSON; pass a finite number or None")
        return number

    def _container(self, value: Mapping[Any, Any] | Sequence[Any]) -> dict[str, Any] | list[Any]:
        if id(value) in self.open:
            self._refuse("it contains itself, which JSON cannot say; pass a copy without the loop")
        if len(self.open) == MAX_DEPTH:
            self._refuse(f"nested deeper than {MAX_DEPTH} lists and dicts; flatten it or pass text")
        self.open.add(id(value))
        copy = self._dict(value) if isinstance(value, Mapping) else self._list(value)
        self.open.discard(id(value))
        return copy

    def _dict(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for key, item in value.items():
            text = self._key(key)
            if text in copy:
                self._refuse(f"two keys have the text {_shown(text)}; keys must differ as text")
            self.path.append(_shown(text))
            copy[text] = self.read(item)
            self.path.pop()
        return copy

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            self._refuse(f"a key is of type {type(key).__qualname__}; keys must be text")
        text = str.__str__(key)
        self._spend(len(text) + 5)
        if not is_storable(text):
            self._refuse(f"in the key {_shown(text)}, {_flaw(text)}")
        return text

    def _list(self, value: Sequence[Any]) -> list[Any]:
        copy: list[Any] = []
        for index, item in enumerate(value):
            self._spend(2)
            self.path.append(str(index))
            copy.append(self.read(item))
            self.path.pop()
        return copy

    def _spend(self, characters: int) -> None:
        self.room -= characters
        if self.room < 0:
            refuse_size(self.where, self.limit)

    def _refuse(self, reason: str) -> NoReturn:
        raise PayloadError(f"{self.place}: {reason}")


def _flaw(text: str) -> str:
    if "\0" in text:
        return "a NUL character is not stored everywhere; remove it"
    return "a lone surrogate is not stored everywhere; pass text that UTF-8 can hold"


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN - 4]}...'"
