"""What the demo does, act by act: enqueue, watch, and read everything back from the stored results."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from demo_report import report
from demo_screen import DemoFailed, Screen
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.tasks import TaskResult, TaskResultStatus
from library.census import find_modules
from library.models import Module, Tick
from library.tasks import divide, measure, ping, ring, wait_for_an_answer
from queue_process import QueueProcess

from dj_queue.api import metrics

AHEAD = timedelta(seconds=3)
ANSWERS = 20
FIRINGS = 3
PINGS = 20
LOOK_EVERY = 0.1
PATIENCE = 60.0
"""Seconds without any progress after which the demo gives up."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The results of everything that was enqueued."""

    census: list[TaskResult]
    answers: list[TaskResult]
    bell: TaskResult
    bell_at: datetime
    doomed: TaskResult


def make_database(screen: Screen) -> None:
    """A fresh database with all tables and someone who may enter the admin."""
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("demo", password="demo")
    screen.done("database", f"a fresh SQLite file, migrated in {time.monotonic() - began:.1f} s")


def tell(screen: Screen, queue: QueueProcess, limit: int | None) -> None:
    """Everything from the start of the queue process to the summary."""
    screen.done("queue", _running(queue))
    jobs = enqueue(screen, limit)
    watch(screen, queue, jobs)
    lone = median(sorted(_round_trip(queue) for _ in range(PINGS)))
    screen.done("a lone job", f"{lone * 1000:.0f} ms from enqueue to result, the median of {PINGS}")
    error = jobs.doomed.errors[-1]
    screen.traceback(f"stored with the failed job: {error.exception_class_path}", error.traceback)
    report(screen, jobs.census, lone)


def enqueue(screen: Screen, limit: int | None) -> Jobs:
    """A row and a job for each module, and the jobs that run meanwhile."""
    found = list(find_modules())[:limit]
    if not found:
        raise DemoFailed("this Python's standard library has no source files to analyse")
    modules = Module.objects.bulk_create(Module(name=name, path=str(path)) for name, path in found)
    began = time.monotonic()
    backend = measure.get_backend()
    census = backend.enqueue_all([(measure, [module.id], {}) for module in modules])
    took = time.monotonic() - began
    screen.done("enqueued", f"{len(census):,} jobs by one enqueue_all() in {took * 1000:.0f} ms")
    bell_at = datetime.now(UTC) + AHEAD
    return Jobs(
        census=census,
        answers=backend.enqueue_all([(wait_for_an_answer, [1.0], {})] * ANSWERS),
        bell=ring.using(run_after=bell_at).enqueue("three seconds are over"),
        bell_at=bell_at,
        doomed=divide.enqueue(1, 0),
    )


def watch(screen: Screen, queue: QueueProcess, jobs: Jobs) -> None:
    """Show the bar until all is done, and tell what happens beside it as it happens."""
    beside = [_answers(jobs.answers), _failure(jobs.doomed), _bell(jobs), _ticks()]
    last_change, before = time.monotonic(), -1
    with screen.bar("census", len(jobs.census)) as bar:
        while beside or before < len(jobs.census):
            done = len(jobs.census) - _unfinished("census")
            bar.show(done)
            for story in list(beside):
                line = next(story)
                if line is not None:
                    screen.done(*line)
                    beside.remove(story)
                    last_change = time.monotonic()
            if done != before:
                last_change, before = time.monotonic(), done
            _check(queue, last_change, f"{done:,} of {len(jobs.census):,} jobs of the census are done")
            time.sleep(LOOK_EVERY)
    if not _finished(jobs.census):
        raise DemoFailed("the queue says that the census is done, but some of its results are not there")
    _require_success(jobs.census)


type Story = Iterator[tuple[str, str] | None]
"""Gives None until what it waits for has happened, then label and text."""


def _answers(answers: list[TaskResult]) -> Story:
    yield from _until(lambda: _finished(answers))
    _require_success(answers)
    took = max(a.finished_at for a in answers) - min(a.started_at for a in answers)
    text = f"{len(answers)} async jobs that each wait a second: {took.total_seconds():.1f} s for all"
    yield "async", text


def _failure(doomed: TaskResult) -> Story:
    yield from _until(lambda: _finished([doomed]))
    if doomed.status != TaskResultStatus.FAILED:
        raise DemoFailed(f"the job that divides by zero should have failed, but is {doomed.status}")
    yield "failed", "the job that divides by zero: its traceback is stored, see below"


def _bell(jobs: Jobs) -> Story:
    yield from _until(lambda: _finished([jobs.bell]))
    _require_success([jobs.bell])
    late = (jobs.bell.started_at - jobs.bell_at).total_seconds()
    if late < 0:
        raise DemoFailed(f"the scheduled job ran {-late:.3f} s before its time")
    text = f"{jobs.bell.return_value!r}: began {late * 1000:.0f} ms after its time"
    yield "scheduled", text


def _ticks() -> Story:
    yield from _until(lambda: Tick.objects.count() >= FIRINGS)
    seconds = [f":{at:%S}" for at in Tick.objects.order_by("at").values_list("at", flat=True)[:FIRINGS]]
    yield "recurring", f'"* * * * * *", each second: fired at {", ".join(seconds)} and goes on'


def _until(has_happened: Callable[[], bool]) -> Iterator[None]:
    while not has_happened():
        yield None


def _running(queue: QueueProcess) -> str:
    """What the queue process runs, as soon as all of it has registered."""
    began = time.monotonic()
    while True:
        samples = [s for s in metrics() if s.name == "dj_queue_runner_processes_by_kind"]
        kinds = {sample.labels["kind"]: int(sample.value) for sample in samples}
        if {"supervisor", "worker", "dispatcher", "scheduler"} <= kinds.keys():
            counts = ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in sorted(kinds.items()))
            return f"manage.py dj_queue: {counts}"
        _check(queue, began, "the queue process has not registered")
        time.sleep(LOOK_EVERY)


def _round_trip(queue: QueueProcess) -> float:
    """Seconds from the enqueue of one job to its result, with nothing else to do."""
    began = time.monotonic()
    result = ping.enqueue()
    while not _finished([result]):
        _check(queue, began, "a lone job has not finished")
        time.sleep(0.001)
    _require_success([result])
    return time.monotonic() - began


def _unfinished(queue_name: str) -> int:
    jobs = (sample for sample in metrics() if sample.name == "dj_queue_queue_jobs")
    return int(sum(sample.value for sample in jobs if sample.labels["queue"] == queue_name))


def _finished(results: list[TaskResult]) -> bool:
    for result in results:
        if not result.is_finished:
            result.refresh()
        if not result.is_finished:
            return False
    return True


def _require_success(results: list[TaskResult]) -> None:
    for result in results:
        if result.status != TaskResultStatus.SUCCESSFUL:
            failure = DemoFailed(f"the job {result.task.module_path}{tuple(result.args)} failed")
            failure.add_note("\n".join(error.traceback for error in result.errors[-1:]))
            raise failure


def _check(queue: QueueProcess, since: float, state: str) -> None:
    queue.require_running()
    if time.monotonic() - since > PATIENCE:
        raise DemoFailed(f"nothing has happened for {PATIENCE:.0f} s: {state}")
