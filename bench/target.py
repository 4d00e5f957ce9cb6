"""One database as the workloads see it: emptied, filled, and worked on by real `manage.py dj_queue` processes."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections
from django.db.models import QuerySet

from bench.processes import Processes, running
from bench.project import tasks
from bench.servers import Server
from dj_queue.models import Job

MANAGE = Path(__file__).parent / "project" / "manage.py"
CHUNK = 1000
"""Jobs in one call of `enqueue_all`."""
PATIENCE = 3600
"""Seconds for a state to come; a benchmark that waits longer has found something else than a number."""


@dataclass(frozen=True, slots=True)
class Target:
    """A backend alias and its database; logs, marks and configurations go into `folder`."""

    alias: str
    server: Server
    folder: Path

    @property
    def jobs(self) -> QuerySet[Job]:
        """The stored jobs."""
        return Job.objects.using(self.alias)

    @property
    def marks(self) -> Path:
        """The file into which the task `mark` writes."""
        return self.folder / f"marks-{self.alias}.txt"

    def on(self, task: Any, **changes: Any) -> Any:
        """The task on this backend alias."""
        return task.using(backend=self.alias, **changes)

    def empty(self) -> None:
        """Leave nothing of the measurement before."""
        connection = connections[self.alias]
        tables = {model._meta.db_table for model in apps.get_app_config("dj_queue").get_models()}
        # With sequences MySQL truncates; rows that are only deleted would slow the next measurement down.
        flush = connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=True)
        connection.ops.execute_sql_flush(flush)
        self.marks.unlink(missing_ok=True)

    def fill(self, measured: Sequence[Any], amount: int) -> None:
        """Enqueue so many jobs in chunks, of each of these tasks in turn; they take a number."""
        backend = self.on(tasks.nothing).get_backend()
        for first in range(0, amount, CHUNK):
            numbers = range(first, min(amount, first + CHUNK))
            backend.enqueue_all([tasks.call(measured[number % len(measured)], number) for number in numbers])

    @contextmanager
    def workers(self, **options: Any) -> Iterator[Processes]:
        """Run `manage.py dj_queue` with these options of its worker and the defaults for everything else."""
        config = self.folder / f"{self.alias}.yml"
        config.write_text(json.dumps({"workers": [options]}))  # JSON is YAML
        command: list[str | Path] = [
            sys.executable,
            MANAGE,
            "dj_queue",
            "--backend",
            self.alias,
            "--config",
            config,
        ]
        environment = {**os.environ, tasks.MARKS: str(self.marks)}
        with running(command, environment, self.folder / f"{self.alias}.log") as processes:
            yield processes

    def warm_up(self, processes: Processes) -> None:
        """Return when the workers have run their first jobs of both kinds."""
        self.fill([self.on(tasks.nothing), self.on(tasks.nothing_async)], 2)
        self.wait_for_the_end(processes)

    def wait_for_the_end(self, processes: Processes, pause: float = 0.05) -> None:
        """Return when every job has ended; looks each `pause` seconds."""
        wait(lambda: not self.jobs.filter(finished_at=None).exists(), processes, pause)


def wait(answer: Callable[[], bool], processes: Processes, pause: float) -> None:
    """Return when the answer is true.

    Raises:
        RuntimeError: a process ended early, or it took too long.
    """
    deadline = time.monotonic() + PATIENCE
    while not answer():
        processes.require_life()
        if time.monotonic() > deadline:
            raise RuntimeError(f"not done within {PATIENCE} s")
        time.sleep(pause)
