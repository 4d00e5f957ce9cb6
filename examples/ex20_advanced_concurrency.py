"""Concurrency keys: at most so many jobs of one key at a time, however many workers there are."""

import time
from itertools import pairwise

import stage
from django.tasks import task

from dj_queue.api import concurrency


@concurrency(key="account:{account_id}", limit=1)  # further jobs of the key wait
@task
def sync_account(account_id, what):
    time.sleep(0.1)
    return f"{what} of {account_id}"


@concurrency(key="rebuild", limit=1, on_conflict="discard")  # further jobs of the key end at once
@task
def rebuild_index():
    return "rebuilt"


def main():
    anna = [sync_account.enqueue("anna", what) for what in ("mail", "photos", "notes")]
    ben = [sync_account.enqueue("ben", what) for what in ("mail", "photos")]
    rebuild, again = rebuild_index.enqueue(), rebuild_index.enqueue()

    with stage.queue_process(workers=[{"threads": 5}]):
        stage.wait_for(*anna, *ben, rebuild)

    for result in sorted(anna + ben, key=lambda result: result.started_at):
        print(f"{result.started_at:%S.%f} to {result.finished_at:%S.%f}  {result.return_value}")
    for account in (anna, ben):
        ordered = sorted(account, key=lambda result: result.started_at)
        for before, after in pairwise(ordered):
            assert before.finished_at <= after.started_at
    print("no two of one account overlap")

    print(f"the first rebuild: {rebuild.status}; the second: {again.errors[0].exception_class_path}")
    assert (rebuild.status, again.status) == ("SUCCESSFUL", "FAILED")


if __name__ == "__main__":
    stage.play(__file__)
