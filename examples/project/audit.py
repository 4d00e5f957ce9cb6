"""A plugin that lives in the project: settings name it in OPTIONS["plugins"]. It keeps a ledger of what ended."""

from collections.abc import Sequence

from django.conf import settings

from dj_queue.contract import JobInfo, OutcomeInfo, hookimpl

DJ_QUEUE_CONTRACT = (1, 0)
LEDGER = settings.FOLDER / "ledger.txt"


@hookimpl
def dj_queue_job_enqueued(jobs: Sequence[JobInfo]) -> None:
    """Told after the commit, in the process that enqueued."""
    _note(f"{len(jobs)} enqueued for queue {jobs[0].queue_name}")


@hookimpl
def dj_queue_job_finished(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Told in batches, in the worker, once the outcomes are recorded."""
    for job, outcome in jobs:
        _note(f"{job.task_path} ended with {outcome.error_class or 'a value'}")


def _note(line: str) -> None:
    with LEDGER.open("a") as ledger:
        ledger.write(f"{line}\n")
