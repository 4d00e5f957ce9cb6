"""Queue names: one rule for every database, checked before any SQL."""

import unicodedata

MAX_QUEUE_NAME = 128


def check_queue_name(name: object) -> str:
    """Give `name` back when it may name a queue.

    Raises:
        ValueError: it may not; the text says why.
    """
    if not isinstance(name, str):
        raise ValueError(f"the queue name {name!r} is not a string")
    if not name:
        raise ValueError("the queue name is empty")
    if len(name) > MAX_QUEUE_NAME:
        raise ValueError(
            f"the queue name {name[:20]!r}... has {len(name)} characters; {MAX_QUEUE_NAME} are allowed"
        )
    if name != name.strip():
        raise ValueError(f"the queue name {name!r} begins or ends with white space")
    if "*" in name:
        raise ValueError(f"the queue name {name!r} has a '*', which is for selectors")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise ValueError(f"the queue name {name!r} has control characters or half characters")
    return name
