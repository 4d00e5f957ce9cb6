"""`make demo`: a census of Python's standard library, run by a real queue process on SQLite."""

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

import django
from demo_screen import DemoFailed, Screen
from queue_process import QueueProcess, QueueProcessFailed

EXAMPLES = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("EXAMPLES_FOLDER", EXAMPLES / ".demo"))
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Show it all; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, metavar="N", help="analyse only the first N modules")
    limit: int | None = parser.parse_args(arguments).limit
    if limit is not None and limit < 1:
        parser.error("--limit: use a whole number of at least 1")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    screen = Screen()
    try:
        with fresh_folder() as log:
            show(screen, log, limit)
    except (DemoFailed, QueueProcessFailed) as failure:
        screen.fail(failure)
        return 1
    except KeyboardInterrupt:
        screen.say("Interrupted: the queue process has been stopped.")
        return INTERRUPTED
    return 0


def show(screen: Screen, log: IO[bytes], limit: int | None) -> None:
    """The whole demo, on an empty folder."""
    screen.begin()
    os.environ.update(DJANGO_SETTINGS_MODULE="project.settings", EXAMPLES_FOLDER=str(FOLDER))
    django.setup()
    import demo_story

    demo_story.make_database(screen)
    queue = QueueProcess(log, "--config", str(EXAMPLES / "demo.yml"))
    try:
        demo_story.tell(screen, queue, limit)
        queue.stop_in_order()
    except Exception as failure:
        failure.add_note(f"\nThe last lines of {queue.log}:\n{queue.tail()}")
        raise
    finally:
        queue.stop()
    screen.done("stopped", "the queue process ended gracefully, exit code 0")
    screen.end(EXAMPLES.parent)


@contextmanager
def fresh_folder() -> Iterator[IO[bytes]]:
    """The demo's folder, emptied, and in it the open log of the queue process.

    The log is locked, and the queue process inherits the lock: a demo that still runs is noticed.
    """
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "queue.log").open("ab") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(f"another demo is using {FOLDER}: wait for it, or end its processes") from None
        for path in FOLDER.glob("*.sqlite3*"):
            path.unlink()
        log.truncate(0)
        yield log


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
