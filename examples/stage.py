"""Where every example plays: a Django site on a temporary SQLite database, and a real queue process on demand.

`import stage` sets Django up. `stage.play(__file__)` makes the tables and calls `main()` of that file.
"""

import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command
from django.tasks import TaskResult
from queue_process import QueueProcess

_queues: list[QueueProcess] = []

if not apps.ready:  # in the queue process, manage.py has done this
    _folder = tempfile.TemporaryDirectory(prefix="dj_queue-example-", ignore_cleanup_errors=True)
    os.environ.update(DJANGO_SETTINGS_MODULE="project.settings", EXAMPLES_FOLDER=_folder.name)
    django.setup()


def play(file: str) -> None:
    """Call `main()` of this script on a fresh database.

    The script is imported once more under its own name: tasks are found by dotted path, and `__main__`, which
    it is called while it runs, is a name that no other process knows.
    """
    call_command("migrate", verbosity=0)
    script = importlib.import_module(Path(file).stem)
    print(f"{script.__doc__.splitlines()[0]}\n")
    script.main()


@contextmanager
def queue_process(*arguments: str, **options: Any) -> Iterator[QueueProcess]:
    """`manage.py dj_queue` runs with these arguments while the block does.

    `options` are laid over TASKS["default"]["OPTIONS"] of the settings, as a YAML file would be.
    """
    with tempfile.TemporaryDirectory(prefix="dj_queue-options-") as folder:
        config = Path(folder, "options.yml")
        config.write_text(json.dumps(options))  # every JSON text is YAML
        with Path(folder, "queue.log").open("ab") as log:
            queue = QueueProcess(log, "--config", str(config), *arguments)
        _queues.append(queue)
        try:
            yield queue
            queue.stop_in_order()
        except Exception:
            print(f"The last lines of the queue process:\n{queue.tail()}", file=sys.stderr)
            raise
        finally:
            _queues.remove(queue)
            queue.stop()


def wait_for(*results: TaskResult, timeout: float = 60.0) -> None:
    """Return once all of these jobs have finished, well or not; the results then say how."""

    def finished() -> bool:
        for result in results:
            if not result.is_finished:
                result.refresh()
        return all(result.is_finished for result in results)

    wait_until(finished, timeout)


def wait_until(happened: Callable[[], object], timeout: float = 60.0) -> None:
    """Return once `happened()` is true; raises when it is not within `timeout` seconds, or a queue process dies."""
    deadline = time.monotonic() + timeout
    while not happened():
        for queue in _queues:
            queue.require_running()
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not happen within {timeout:.0f} s")
        time.sleep(0.02)
