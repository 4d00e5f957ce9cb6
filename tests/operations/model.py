"""A queue in plain Python: what the operations should make of every job."""

from dataclasses import dataclass, field

WAITING, RUNNING = ("ready", "scheduled", "blocked"), "claimed"
MOST_LOST = 3


@dataclass
class ModelJob:
    """What a test expects of one stored job."""

    id: str
    queue: str
    priority: int
    key: str | None
    status: str
    attempts: int = 0
    lost: int = 0

    @property
    def facts(self):
        return (self.id, self.status, self.attempts, self.lost)


@dataclass
class Model:
    """Jobs by id, in the order of their ids; a key lets one job in at a time."""

    jobs: dict[str, ModelJob] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)

    @property
    def facts(self):
        return [self.jobs[job_id].facts for job_id in sorted(self.jobs)]

    def add(self, job):
        self.jobs[job.id] = job
        self.let_in(job.key)

    def of(self, *statuses):
        return [self.jobs[job_id] for job_id in sorted(self.jobs) if self.jobs[job_id].status in statuses]

    def let_in(self, key):
        """The key's gate: the first in line enters when nobody is in."""
        if key is None or any(job.key == key for job in self.of("ready", "claimed")):
            return
        line = sorted((job for job in self.of("blocked") if job.key == key), key=_by_priority)
        if line:
            line[0].status = "ready"

    def let_all_in(self):
        for key in {job.key for job in self.jobs.values()}:
            self.let_in(key)

    def claim(self, queues, limit):
        """The ids of the jobs a claim of these queues takes, in order."""
        taken = []
        for queue in queues:
            ready = [job for job in self.of("ready") if queue in ("*", job.queue) and job not in taken]
            taken += sorted((job for job in ready if job.queue not in self.paused), key=_by_priority)
        for job in taken[:limit]:
            job.status, job.attempts = "claimed", job.attempts + 1
        return [job.id for job in taken[:limit]]

    def end(self, job_id, status):
        job = self.jobs[job_id]
        job.status = status
        self.let_in(job.key)

    def give_back(self, job_id):
        job = self.jobs[job_id]
        job.status, job.attempts = "ready", job.attempts - 1

    def lose(self, job_id):
        job = self.jobs[job_id]
        job.lost += 1
        job.status = "failed" if job.lost >= MOST_LOST else "ready"
        self.let_in(job.key)

    def promote(self):
        for job in self.of("scheduled"):
            job.status = "ready" if job.key is None else "blocked"
        self.let_all_in()

    def retry_failed(self):
        failed = self.of("failed")
        for job in failed:
            job.status, job.lost = ("ready" if job.key is None else "blocked"), 0
        self.let_all_in()
        return len(failed)

    def discard_ready(self, queue):
        ready = [job for job in self.of("ready") if job.queue == queue]
        for job in ready:
            job.status = "discarded"
        self.let_all_in()
        return len(ready)


def _by_priority(job):
    return -job.priority, job.id
