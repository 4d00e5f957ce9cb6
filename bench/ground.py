"""Django set up for one run, in a folder of its own. What imports models can be imported after this."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from bench.databases import FOLDER, NAME

CACHE = Path(__file__).resolve().parents[1] / ".cache"
"""Not the system's folder for temporary files: that may be memory, and SQLite is to write to a disk."""


@contextmanager
def prepared() -> Iterator[Path]:
    """Gives the folder of this run, which ends with it; the databases are yet to be made."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CACHE, ignore_cleanup_errors=True) as folder:
        os.environ |= {
            FOLDER: folder,
            NAME: f"dj_queue_bench_{os.getpid()}",
            "DJANGO_SETTINGS_MODULE": "bench.project.settings",
        }
        django.setup()
        yield Path(folder)
