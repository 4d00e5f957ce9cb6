"""A worker is killed in the middle of a job: another takes its place, and the job runs again."""

import os
import signal

import stage
from django.tasks import task

from dj_queue.api import on_crash


@task(takes_context=True)
def survive(context):
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)  # what the kernel does when memory runs out
    return f"done by process {os.getpid()}, attempt {context.attempt}"


@on_crash("fail")  # for what must not be done twice
@task
def once():
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    with stage.queue_process() as queue:
        survivor = survive.enqueue()
        stage.wait_for(survivor)
        print(f"{survivor.status}: {survivor.return_value}")
        print(f"  before: {survivor.errors[0].traceback.strip().splitlines()[-1]}")

        victim = once.enqueue()
        stage.wait_for(victim)
        print(f"{victim.status} after {victim.attempts} attempt: {victim.errors[0].exception_class_path}")
        print(f"the supervisor, process {queue.pid}, ran all the while")

    assert (survivor.attempts, survivor.status) == (2, "SUCCESSFUL")
    assert "SIGKILL" in survivor.errors[0].traceback
    assert (victim.attempts, victim.status) == (1, "FAILED")


if __name__ == "__main__":
    stage.play(__file__)
