"""Queue selectors: `email`, `email*` and `*`, as workers and listeners name the queues they want."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selector:
    """Picks one queue by name, or every queue whose name begins with `name`."""

    name: str
    is_prefix: bool = False

    def matches(self, queue_name: str) -> bool:
        """Whether jobs of this queue are picked. A prefix picks no word with a `*`, which is not a queue's name."""
        if self.is_prefix:
            return queue_name.startswith(self.name) and not queue_name.startswith("*")
        return queue_name == self.name

    def __str__(self) -> str:
        return f"{self.name}*" if self.is_prefix else self.name


def parse_selector(text: str) -> Selector:
    """The selector that `text` writes.

    Raises:
        ValueError: `*` stands anywhere but at the end, or the text is empty.
    """
    if not text:
        raise ValueError("a queue selector is empty; write a queue name, a prefix such as 'email*', or '*'")
    head, star = (text[:-1], True) if text.endswith("*") else (text, False)
    if "*" in head:
        raise ValueError(
            f"the queue selector {text!r} has '*' before its end; only a trailing '*' is a wildcard"
        )
    return Selector(head, star)
