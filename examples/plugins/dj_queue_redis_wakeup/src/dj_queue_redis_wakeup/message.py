"""What is published: names of queues, a line each. A hint and no more, so any bytes at all are harmless."""

from collections.abc import Collection, Sequence
from typing import Any

from dj_queue.contract import Selector

ANY = b"*"
MOST_BYTES = 7000


def pack(queues: Collection[str]) -> bytes:
    """The names, as far as there is room; else that any may be meant. No name has a line's end."""
    packed = "\n".join(queues).encode()
    return packed if len(packed) <= MOST_BYTES else ANY


def concerns(data: Any, selectors: Sequence[Selector]) -> bool:
    """Whether it names a queue that one of these selects."""
    text = data.decode(errors="replace") if isinstance(data, bytes) else str(data)
    if text == ANY.decode():
        return True
    return any(selector.matches(name) for name in text.split("\n") for selector in selectors)
