"""What a datagram says: names of queues, a line each. A hint and no more, so any bytes at all are harmless."""

from collections.abc import Collection, Sequence

from dj_queue.contract import Selector

ANY = b"*"
MOST_BYTES = 400


def pack(queues: Collection[str]) -> bytes:
    """The names, as far as there is room; else that any may be meant."""
    packed = "\n".join(queues).encode()
    return packed if len(packed) <= MOST_BYTES else ANY


def concerns(datagram: bytes, selectors: Sequence[Selector]) -> bool:
    """Whether it names a queue that one of these selects."""
    if datagram == ANY:
        return True
    names = datagram.decode(errors="replace").split("\n")
    return any(selector.matches(name) for name in names for selector in selectors)
