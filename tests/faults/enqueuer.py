"""A process that enqueues jobs of every kind and writes down what was committed: `enqueuer.py ALIAS FOLDER FIRST COUNT`."""

import os
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

    def __init__(self, alias, folder):
        self._alias = alias
        self._folder = folder
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
        self._committed(*task_backends[self._alias].enqueue_all([call] * 3))

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


def main(alias, folder, first, count, pause):
    enqueuer = Enqueuer(alias, folder)
    for number in range(int(first), int(first) + int(count)):
        enqueuer.enqueue(number)
        time.sleep(float(pause))


if __name__ == "__main__":
    main(*sys.argv[1:])
