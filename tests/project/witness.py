"""A plugin that writes down what happens to processes, and where: in the file that the environment names."""

import os
from functools import partial
from pathlib import Path

from dj_queue import hooks
from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)


def note(event, process):
    with Path(os.environ["DJ_QUEUE_TEST_LEDGER"]).open("a") as file:
        file.write(f"{event} {process.kind} {process.pid} {os.getpid()}\n")


for event in hooks.EVENTS:
    hooks.register_hook(event, partial(note, event))


@hookimpl
def dj_queue_error(process, error, where):
    """A plugin needs a hook of its own."""
