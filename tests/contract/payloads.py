"""Values that job payloads are made of: such as every database keeps, and such as none may be given."""

import enum
from array import array
from collections import OrderedDict, UserList, namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

Point = namedtuple("Point", "x y")


class Text(str):
    """Text that is shown otherwise."""

    __slots__ = ()

    def __str__(self):
        return "shown otherwise"

    __repr__ = __str__


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    ONE = 1


class Liar(list):
    """A list whose reading fails."""

    def __iter__(self):
        raise RuntimeError("not today")


def nested(depth, inside=0):
    """Lists in lists, `depth` of them."""
    value = inside
    for _ in range(depth):
        value = [value]
    return value


def loop():
    """A dict in a list in that dict."""
    value = {"a": []}
    value["a"].append(value)
    return value


STORABLE_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    STORABLE_TEXT,
)
STORABLE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(STORABLE_TEXT, inner, max_size=4),
    ),
    max_leaves=12,
)
ODD = st.one_of(
    SCALARS,
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.binary(max_size=6),
    st.sampled_from(
        [Colour.RED, Level.HIGH, Plain.ONE, Text("x"), Decimal(1), {1}, range(2), Point(1, 2), b"\xff", 1j]
    ),
)
ANYTHING = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers(0, 3)), inner, max_size=4),
        inner.map(lambda value: nested(20, value)),
    ),
    max_leaves=8,
)
"""Also what is refused, and what only just is not."""

ACCEPTED = {
    "none": (None, None),
    "largest int": (2**63 - 1, 2**63 - 1),
    "smallest int": (-(2**63), -(2**63)),
    "negative zero": (-0.0, 0.0),
    "float like an int": (1e15, 1e15),
    "float of sixteen zeros": (1e16, 1e16),
    "float beyond any int": (-1.5e20, -1.5e20),
    "largest float": (1.7976931348623157e308, 1.7976931348623157e308),
    "smallest float": (5e-324, 5e-324),
    "third": (1 / 3, 1 / 3),
    "text like a float": ("1e+16", "1e+16"),
    "quoted text like a float": ('"1e+16\\"', '"1e+16\\"'),
    "emoji and accents": ("é e\u0301 😀 \u202e", "é e\u0301 😀 \u202e"),
    "noncharacters": ("\ufffe\uffff\U0010ffff", "\ufffe\uffff\U0010ffff"),
    "control characters": ("\x01\x1b\x7f\x85\u2028\ufeff", "\x01\x1b\x7f\x85\u2028\ufeff"),
    "spaces around": (" a ", " a "),
    "empty": ([[], {}, ""], [[], {}, ""]),
    "empty key": ({"": 1}, {"": 1}),
    "keys that differ in case and accent": ({"e": 1, "E": 2, "é": 3}, {"e": 1, "E": 2, "é": 3}),
    "depth 30": (nested(30), nested(30)),
    "same list twice": ([Point(1, 2)] * 2, [[1, 2], [1, 2]]),
    "tuple": ((1, (2,)), [1, [2]]),
    "text subclass": (Text("x"), "x"),
    "text enum": (Colour.RED, "red"),
    "int enum": (Level.HIGH, 3),
    "key of a text subclass": ({Text("k"): 1}, {"k": 1}),
    "ordered dict": (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "range": (range(3), [0, 1, 2]),
    "user list": (UserList([1]), [1]),
    "utf-8 bytes": ("é".encode(), "é"),
}
"""What goes in and what comes back."""

REFUSED = {
    "nan": ([float("nan")], "[0]", "nan is not JSON"),
    "infinity": ({"a": float("-inf")}, "['a']", "-inf is not JSON"),
    "nul": (["a", "x\0y"], "[1]", "a NUL character is not stored everywhere"),
    "nul in a key": ({"a\0": 1}, "", "in the key 'a\\x00', a NUL character"),
    "lone surrogate": ({"a": ["\ud800"]}, "['a'][0]", "a lone surrogate is not stored everywhere"),
    "lone surrogate in a key": ({"\udfff": 1}, "", "in the key '\\udfff', a lone surrogate"),
    "int beyond 64 bits": ([2**63], "[0]", "an integer beyond signed 64 bits"),
    "negative int beyond 64 bits": (-(2**63) - 1, "", "an integer beyond signed 64 bits"),
    "enormous int": (10**6000, "", "an integer beyond signed 64 bits"),
    "int key": ({1: "a"}, "", "a key is of type int; keys must be text"),
    "bool key": ([{True: "a"}], "[0]", "a key is of type bool"),
    "none key": ({None: "a"}, "", "a key is of type NoneType"),
    "keys that collide as text": ({1: "a", "1": "b"}, "", "a key is of type int"),
    "depth 31": (nested(31), "[0]" * 30, "nested deeper than 30 lists and dicts"),
    "depth 1000": (nested(1000), "[0]" * 30, "nested deeper than 30 lists and dicts"),
    "itself": (loop(), "['a'][0]", "it contains itself"),
    "set": ({"a": {1}}, "['a']", "set is not JSON"),
    "object": ([object()], "[0]", "object is not JSON"),
    "decimal": ([Decimal("1.5")], "[0]", "Decimal is not JSON"),
    "datetime": ([datetime(2026, 1, 1, tzinfo=UTC)], "[0]", "datetime is not JSON"),
    "uuid": (UUID(int=1), "", "UUID is not JSON"),
    "plain enum": (Plain.ONE, "", "Plain is not JSON"),
    "complex": (1j, "", "complex is not JSON"),
    "bytes": ([b"\xff"], "[0]", "bytes that are not UTF-8 are not JSON"),
    "bytearray": ([bytearray(b"a")], "[0]", "bytearray is not JSON"),
    "memoryview": ([memoryview(b"a")], "[0]", "memoryview is not JSON"),
    "array": ([array("i", [1])], "[0]", "array is not JSON"),
    "iterator": ([iter([1])], "[0]", "list_iterator is not JSON"),
    "reading that fails": ([Liar([1])], "[0]", "reading it raised RuntimeError"),
}
"""What goes in, the path inside it, and the reason."""
