"""How far a long command has come: a bar where somebody watches, nothing where nobody does."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

type Advance = Callable[[int], object]


@contextmanager
def progress(count: Callable[[], int], unit: str) -> Iterator[Advance]:
    """Draw a bar on a terminal while the block runs; gives what moves it on.

    Args:
        count: how many there are to do; only asked where a bar is drawn.
        unit: what they are, such as ` rows`.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    with tqdm(total=count(), unit=unit, file=sys.stderr, dynamic_ncols=True) as bar:
        yield bar.update
