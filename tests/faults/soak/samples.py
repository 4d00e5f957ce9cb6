"""What is looked at every few seconds: memory, files and threads; rows, connections and latency."""

import csv
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from django.db import connections

from dj_queue.models import Job, Process
from tests.faults.footprint import children, connections_of, counted, resident_bytes, state

PERCENT = (0.5, 0.99)


@dataclass(frozen=True)
class OfProcess:
    """One process at one moment."""

    moment: float
    """Seconds since the start."""
    name: str
    pid: int
    memory: int
    """Resident bytes."""
    files: int
    threads: int


@dataclass(frozen=True)
class OfQueue:
    """The queue at one moment."""

    moment: float
    connections: int
    rows: int
    waiting: int
    """Jobs that are ready and not claimed."""
    started: int
    """Jobs of the last interval whose latency was taken."""
    p50: float | None
    """Seconds from the time a job could start to its start: the median of the last interval."""
    p99: float | None


@dataclass
class Samples:
    """All there are, and how to take more."""

    services: object
    began: float = field(default_factory=time.monotonic)
    processes: list = field(default_factory=list)
    queue: list = field(default_factory=list)
    _since: object = None

    def take(self, nodes, others):
        """Look at supervisors by name and their children, at other processes by name, and at the queue."""
        moment = time.monotonic() - self.began
        kinds = dict(Process.objects.using(self.services.database.alias).values_list("pid", "kind"))
        for name, pid in nodes.items():
            for one in (pid, *children(pid)):
                kind = kinds.get(one, "child")
                self._take_process(moment, f"{name} {kind}", one)
        for name, pid in others.items():
            self._take_process(moment, name, pid)
        self._take_queue(moment)

    def _take_process(self, moment, name, pid):
        try:
            if state(pid) not in ("Z", None):
                size = resident_bytes(pid)
                self.processes.append(
                    OfProcess(moment, name, pid, size, counted(pid, "fd"), counted(pid, "task"))
                )
        except (FileNotFoundError, ProcessLookupError):
            return

    def _take_queue(self, moment):
        alias = self.services.database.alias
        now = self.services.dialect.now()
        since, self._since = self._since or now - timedelta(seconds=5), now
        jobs = Job.objects.using(alias).filter(backend_alias=self.services.alias)
        latencies = sorted(
            (started - max(enqueued, due or enqueued)).total_seconds()
            for enqueued, due, started in jobs.filter(
                started_at__gte=since, attempts=1, lost=0, concurrency_key=None
            ).values_list("enqueued_at", "run_after", "started_at")
        )
        p50, p99 = (latencies[int(share * len(latencies))] if latencies else None for share in PERCENT)
        self.queue.append(
            OfQueue(
                moment,
                connections=connections_of(connections[alias]),
                rows=jobs.count(),
                waiting=jobs.filter(status="ready").count(),
                started=len(latencies),
                p50=p50,
                p99=p99,
            )
        )

    def write(self, folder):
        """All samples as two CSV files."""
        for name, rows in (("processes", self.processes), ("queue", self.queue)):
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(asdict(rows[0])))
                writer.writeheader()
                writer.writerows(asdict(row) for row in rows)
