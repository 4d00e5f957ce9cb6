"""Values on the command line: read by the rules of the options, refused in argparse's words."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

from dj_queue.config import readers

MOST_IN_A_BATCH = 10_000


def seconds(text: str) -> float:
    """Seconds above 0."""
    return float(_read(readers.seconds, _number(text), f"seconds above 0, {readers.LONGEST:.0f} at most"))


def seconds_or_zero(text: str) -> float:
    """Seconds, 0 included."""
    wanted = f"seconds of at least 0, {readers.LONGEST:.0f} at most"
    return float(_read(readers.seconds_or_zero, _number(text), wanted))


def batch_size(text: str) -> int:
    """How many rows one transaction may change."""
    number = int(text) if text.isascii() and text.isdigit() else text
    return int(
        _read(readers.whole(1, MOST_IN_A_BATCH), number, f"a whole number from 1 to {MOST_IN_A_BATCH}")
    )


def add_backend(parser: ArgumentParser) -> None:
    """`--backend`, which every command has."""
    parser.add_argument(
        "--backend", default="default", help="backend alias, a key of TASKS (default: default)"
    )


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _read(reader: Callable[[Any], Any], value: object, wanted: str) -> Any:
    try:
        return reader(value)
    except ValueError:
        raise ArgumentTypeError(f"{value} is not allowed; use {wanted}") from None
