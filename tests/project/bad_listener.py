"""A plugin and receivers that fail in every way there is: the worst company a job can have."""

import sys

from django.dispatch import receiver
from django.tasks.signals import task_finished, task_started

from dj_queue import hooks
from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)


@receiver([task_started, task_finished], dispatch_uid="bad_listener.leave")
def leave(**_facts):
    sys.exit("a receiver")


def fail(process):
    raise RuntimeError("a callback")


for event in hooks.EVENTS:
    hooks.register_hook(event, fail)


@hookimpl
def dj_queue_process_started(process):
    sys.exit("a hook")


@hookimpl
def dj_queue_process_stopping(process):
    sys.exit("a hook")


@hookimpl
def dj_queue_process_exited(process):
    sys.exit("a hook")


@hookimpl
def dj_queue_job_started(job):
    raise RuntimeError("a hook")


@hookimpl
def dj_queue_job_finished(jobs):
    sys.exit("a hook")


@hookimpl
def dj_queue_job_retried(jobs):
    raise GeneratorExit


@hookimpl
def dj_queue_event(event):
    raise RuntimeError("a hook")


@hookimpl
def dj_queue_error(process, error, where):
    raise RuntimeError("a hook")
