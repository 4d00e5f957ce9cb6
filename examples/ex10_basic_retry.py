"""Retries: a task says how often it is worth trying again, after how long, and when it is not."""

import stage
from django.tasks import task

from dj_queue.api import retry


class Busy(Exception):
    """The other side says: later."""


@retry(max_attempts=5, backoff=0.2)  # 0.2 s, 0.4 s, 0.8 s ... before the next attempt, each up to 10 % more
@task(takes_context=True)
def call(context):
    if context.attempt < 3:
        raise Busy(f"attempt {context.attempt} came too early")
    return f"answered attempt {context.attempt}"


@retry(max_attempts=5, backoff=0.2, give_up_on=(ValueError,))
@task
def charge(amount):
    raise ValueError(f"{amount} is no amount: trying again will not change that")


def main():
    called, charged = call.enqueue(), charge.enqueue(-1)

    with stage.queue_process():
        stage.wait_for(called, charged)

    print(f"{called.status} after {called.attempts} attempts: {called.return_value}")
    for error in called.errors:
        print(f"  before: {error.traceback.strip().splitlines()[-1]}")
    print(f"{charged.status} after {charged.attempts} attempt: {charged.errors[0].exception_class_path}")
    assert (called.attempts, charged.attempts) == (3, 1)
    assert called.return_value == "answered attempt 3"


if __name__ == "__main__":
    stage.play(__file__)
