"""What must hold after every fault, told from what jobs and enqueuers wrote down and not from what the queue says."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from uuid import UUID

from dj_queue.contract import Status
from dj_queue.models import Job, RecurringExecution
from dj_queue.operations.anomalies import anomalies

UNFINISHED = (Status.READY, Status.CLAIMED, Status.SCHEDULED, Status.BLOCKED)
FOREVER = float("inf")


@dataclass(frozen=True)
class Run:
    """One time that a job's body ran."""

    job_id: UUID
    attempt: int
    pid: int
    began: float
    ended: float
    """Infinite while it runs; the death of its process where that ended it."""
    key: str
    is_crashed: bool


@dataclass(frozen=True)
class Ledger:
    """What was written in one folder: runs of jobs, enqueues, and the deaths that failpoints brought."""

    folder: Path

    def enqueued(self, event="committed"):
        """The ids of the jobs whose enqueue was committed, tried or rolled back."""
        return {UUID(line[1]) for line in self._lines("enqueues") if line[0] == event}

    def deaths(self):
        """When each process was ended, by pid; `time.monotonic`."""
        return {int(pid): float(moment) for pid, moment, *_name in self._lines("deaths")}

    def note_death(self, pid, moment):
        """A death that the test brought itself."""
        with (self.folder / "deaths").open("a") as file:
            file.write(f"{pid} {moment} test\n")

    def runs(self):
        """Every run of every job."""
        deaths = self.deaths()
        ends = {}
        starts = []
        for event, job_id, attempt, pid, moment, *key in self._lines("runs"):
            place = (UUID(job_id), int(attempt), int(pid))
            if event == "end":
                ends[place] = float(moment)
            else:
                starts.append((place, float(moment), key[0] if key else ""))
        return [
            Run(
                *place,
                began,
                ends.get(place, deaths.get(place[2], FOREVER)),
                key,
                is_crashed=place not in ends and place[2] in deaths,
            )
            for place, began, key in starts
        ]

    def _lines(self, name):
        path = self.folder / name
        if not path.exists():
            return []
        return [line.split() for line in path.read_text().splitlines()]


@dataclass(frozen=True)
class Allowances:
    """What a fault may do beyond what its victims wrote down."""

    unknown_enqueues: int = 0
    """Jobs whose enqueuer died between the commit and its note of it."""
    runs_not_ended: int = 0
    """Runs that a zombie went on with while others had taken its jobs."""
    is_pruned: bool = False
    """Whether jobs whose body ended may be gone, and slots may outlive their jobs."""


def violations(services, ledger, allowed):
    """Every promise that is broken, in words; asked once nothing moves any more but recurring tasks."""
    # One may fire between two looks: slots of before have their jobs, and jobs have the slots of afterwards.
    fired_before = _fired(services)
    jobs = {job.id: job for job in Job.objects.using(services.database.alias)}
    runs = ledger.runs()
    fired = _fired(services)
    return [
        *_lost(ledger, jobs, runs, allowed),
        *_never_committed(ledger, jobs, runs, fired, allowed),
        *_fired_twice(jobs, fired_before, allowed),
        *_recorded_twice(jobs, runs),
        *_run_too_often(jobs, runs, allowed, ledger.deaths()),
        *_beside_each_other(runs),
        *_stuck(services, jobs, fired),
    ]


def unfinished(services):
    """How many jobs have not ended, those of recurring tasks aside: more of them come all the time."""
    rows = Job.objects.using(services.database.alias).filter(status__in=UNFINISHED)
    return rows.exclude(id__in=_fired(services)).count()


def _fired(services):
    """The jobs of recurring tasks, one for each slot."""
    return list(RecurringExecution.objects.using(services.database.alias).values_list("job_id", flat=True))


def _lost(ledger, jobs, runs, allowed):
    """O1: whatever was committed is there and has ended."""
    pruned = {run.job_id for run in runs if run.ended < FOREVER} - set(jobs) if allowed.is_pruned else set()
    for job_id in ledger.enqueued() - pruned:
        if job_id not in jobs:
            yield f"job {job_id} was committed and is gone"
        elif jobs[job_id].status in UNFINISHED:
            yield f"job {job_id} is still {jobs[job_id].status}"


def _never_committed(ledger, jobs, runs, fired, allowed):
    """O2: what was rolled back never was."""
    rolled_back = ledger.enqueued("rolled_back")
    known = ledger.enqueued() | ledger.enqueued("tried")
    ran = {run.job_id for run in runs}
    for job_id in rolled_back & (ran | set(jobs)):
        yield f"job {job_id} was rolled back and is there"
    unknown = set(jobs) - known - set(fired)
    if len(unknown) > allowed.unknown_enqueues:
        yield f"{len(unknown)} jobs are there that nobody committed: {sorted(unknown)[:3]}"


def _fired_twice(jobs, fired, allowed):
    """O1 and O3 for recurring tasks: each slot that was recorded has one job, and no job is without a slot."""
    if len(fired) != len(set(fired)):
        yield "one job stands for two slots"
    for job_id in set() if allowed.is_pruned else set(fired) - set(jobs):
        yield f"the slot of job {job_id} is recorded and the job is gone"


def _recorded_twice(jobs, runs):
    """O3: an attempt has one outcome: so many ends of a job's body as the row can tell of."""
    ends = Counter((run.job_id, run.attempt) for run in runs if run.ended < FOREVER and not run.is_crashed)
    for (job_id, attempt), count in ends.items():
        if count > 1:
            yield f"attempt {attempt} of job {job_id} ended {count} times"
    for job in jobs.values():
        numbers = [entry.get("attempt") for entry in job.errors or []]
        if len(numbers) != len(set(numbers)):
            yield f"job {job.id} has two errors of one attempt: {numbers}"


def _run_too_often(jobs, runs, allowed, deaths):
    """O4: a body runs once, and once more for each crash that hit it and each failure of its own."""
    started = Counter(run.job_id for run in runs)
    excused = Counter(run.job_id for run in runs if run.is_crashed)
    # Of a job that was pruned, only its runs and the deaths of their processes tell what happened to it.
    told = Counter(run.job_id for run in runs if run.ended == FOREVER or run.pid in deaths)
    surplus = 0
    for job_id, count in started.items():
        job = jobs.get(job_id)
        failures = len(job.errors or []) if job else told[job_id]
        # A crash after the end, before the record, makes the body run again though it ended.
        excuse = max(failures, excused[job_id])
        if count > 1 + excuse:
            surplus += count - 1 - excuse
    if surplus > allowed.runs_not_ended:
        yield f"{surplus} runs more than crashes and failures explain"


def _beside_each_other(runs):
    """O5: bodies of one key never overlap."""
    by_key = defaultdict(list)
    for run in runs:
        if run.key:
            by_key[run.key].append(run)
    for key, its_runs in by_key.items():
        its_runs.sort(key=lambda run: run.began)
        for former, latter in pairwise(its_runs):
            if latter.began < former.ended:
                yield f"jobs {former.job_id} and {latter.job_id} of key {key} ran at once"


def _stuck(services, jobs, fired):
    """O6: rows agree with each other, and nothing stands still."""
    counts = Counter(
        str(job.status) for job in jobs.values() if job.status in UNFINISHED and job.id not in fired
    )
    if counts:
        yield f"still unfinished: {dict(counts)}"
    for anomaly in anomalies(services, [], FOREVER):
        yield anomaly.text
    for job in jobs.values():
        if (job.status in UNFINISHED) == (job.finished_at is not None):
            yield f"job {job.id} is {job.status} and finished at {job.finished_at}"
