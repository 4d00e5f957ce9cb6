"""A process that enqueues jobs of every kind and writes down what was committed.

`enqueuer.py ALIAS FOLDER FIRST COUNT RATE BATCH`; SIGTERM ends it after the job it is at.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from django.db import transaction
from django.tasks import task_backends

from dj_queue.services import services_for
from tests.faults import tasks

SOON = timedelta(seconds=0.2)


class RolledBack(Exception):
    """Ends a transaction that nobody wants."""


class Enqueuer:
    """Enqueues by number, so that every kind has its turn."""

    def __init__(self, alias, folder, batch=3):
        """`batch` is how many jobs a call for many has."""
        self._alias = alias
        self._folder = folder
        self._batch = batch
        self._database = services_for(alias).database.alias

    def enqueue(self, number):
        """Enqueue one job, or a few, in the way that the number stands for."""
        ways = (
            self._plain, self._plain, self._on_the_loop, self._keyed, self._keyed,
            self._scheduled, self._stubborn, self._in_a_transaction, self._many, self._rolled_back,
        )  # fmt: skip
        ways[number % len(ways)](number)

    def _plain(self, number):
        self._committed(self._on(tasks.work).enqueue(self._folder, number))

    def _on_the_loop(self, number):
        self._committed(self._on(tasks.awork).enqueue(self._folder, number))

    def _keyed(self, number):
        self._committed(self._on(tasks.keyed).enqueue(self._folder, number, f"k{number % 2}"))

    def _scheduled(self, number):
        later = self._on(tasks.work, run_after=datetime.now(UTC) + SOON)
        self._committed(later.enqueue(self._folder, number))

    def _stubborn(self, number):
        self._committed(self._on(tasks.stubborn).enqueue(self._folder, number))

    def _many(self, number):
        call = (self._on(tasks.work), (self._folder, number), {})
        self._committed(*task_backends[self._alias].enqueue_all([call] * self._batch))

    def _on(self, task, **changes):
        return task.using(backend=self._alias, **changes)

    def _in_a_transaction(self, number):
        with transaction.atomic(using=self._database):
            result = self._on(tasks.work).enqueue(self._folder, number)
            self._note("tried", result.id)
        self._committed(result)

    def _rolled_back(self, number):
        try:
            with transaction.atomic(using=self._database):
                result = self._on(tasks.work).enqueue(self._folder, number)
                self._note("rolled_back", result.id)
                raise RolledBack
        except RolledBack:
            return

    def _committed(self, *results):
        for result in results:
            self._note("committed", result.id)

    def _note(self, event, job_id):
        descriptor = os.open(Path(self._folder) / "enqueues", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{event} {job_id}\n".encode())
        os.close(descriptor)


class Beat:
    """Lets so many pass in a second; who comes late passes at once, until the delay is made up for."""

    def __init__(self, rate):
        self._rate = rate
        self._start = time.monotonic()
        self._passed = 0

    def wait(self):
        """Return when the next one is due."""
        due = self._start + self._passed / self._rate
        self._passed += 1
        time.sleep(max(0.0, due - time.monotonic()))


class Enough:
    """True from the first request to end."""

    def __init__(self):
        self._asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def __bool__(self):
        return self._asked

    def _ask(self, _number, _frame):
        self._asked = True


def main(alias, folder, first, count, rate, batch):
    enqueuer = Enqueuer(alias, folder, int(batch))
    enough = Enough()
    beat = Beat(float(rate))
    for number in range(int(first), int(first) + int(count)):
        if enough:
            return
        beat.wait()
        enqueuer.enqueue(number)


if __name__ == "__main__":
    main(*sys.argv[1:])
