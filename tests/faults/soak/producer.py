"""A process that enqueues jobs of every kind until a file says enough: `producer.py ALIAS FOLDER PAUSE`."""

import sys
import time
from pathlib import Path

import django

django.setup()

from tests.faults import server_connections, tasks
from tests.faults.enqueuer import Enqueuer

SPARED, ENOUGH = "spared", "enough"


class Producer(Enqueuer):
    """As the enqueuer of the faults, and one job in ten fails for good."""

    def enqueue(self, number):
        """Enqueue in the way that the number stands for."""
        super().enqueue(number)
        if number % 10 == 0:
            self._committed(self._on(tasks.failing).enqueue(self._folder, number))

    def be_spared(self):
        """Write down which connection is not the queue's: an enqueue that fails is the enqueuer's to repeat."""
        own = server_connections.own_connection(self._database)
        (Path(self._folder) / SPARED).write_text(str(own))


def main(alias, folder, pause):
    producer = Producer(alias, folder)
    producer.be_spared()
    number = 0
    while not (Path(folder) / ENOUGH).exists():
        producer.enqueue(number)
        number += 1
        time.sleep(float(pause))


if __name__ == "__main__":
    main(*sys.argv[1:])
