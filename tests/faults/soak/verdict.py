"""What may grow by how much during a soak, and why; and which of the series that were sampled grew by more.

Bounds hold for the rise of the fitted line between the end of the warm-up and the end of the load:

- Memory of a process: 4 MiB, and 1 MiB for each hour. Steps are no trend: an interpreter's heap grows by arenas of 1 MiB,
  a connection to SQLite fills a cache of 2 MiB, threads touch the pages of their stacks little by little. A leak of 100
  bytes a job, at 25 jobs a second in one worker, is 9 MB an hour and passes the bound within that; one of 1 KiB within
  four minutes.
- Files and threads of a process, connections to the database: less than 1. A leak is a whole one, sooner or later.
- Rows of jobs: a fifth of their level. Retention deletes each minute what ended long enough ago, so that the number swings.
"""

from dataclasses import dataclass

from tests.faults.soak.slope import fitted

MIB = 1024 * 1024
STEPS = 4 * MIB
FEWEST = 5
"""Samples after the warm-up that a process needs to be judged."""
SHARE = 0.6
"""Of the time after the warm-up that it has to have lived for: those that are killed now and then start over."""


@dataclass(frozen=True)
class Judged:
    """One series and its bound."""

    name: str
    what: str
    line: object
    most: float

    @property
    def is_flat(self):
        """Whether it rises by no more than it may."""
        return self.line.rise <= self.most

    def __str__(self):
        unit, scale = ("MiB", MIB) if self.what == "memory" else ("", 1)
        return (
            f"{self.name}: {self.what} at {self.line.level / scale:.1f} {unit} rises by {self.line.rise / scale:+.2f} "
            f"in {self.line.seconds:.0f} s ({self.line.per_hour / scale:+.2f} an hour), allowed {self.most / scale:.2f}"
        )


def judged(samples, warm_up):
    """Every series after so many seconds of warm-up, with its bound."""
    of_queue = [one for one in samples.queue if one.moment >= warm_up]
    found = [_of_queue(of_queue, what) for what in ("connections", "rows")]
    for name, of_process in _by_process([one for one in samples.processes if one.moment >= warm_up]).items():
        points = {
            what: [(one.moment, getattr(one, what)) for one in of_process]
            for what in ("memory", "files", "threads")
        }
        found += [_judged(name, what, points[what]) for what in points]
    return found


def _by_process(samples):
    """The samples of each process that lived long enough."""
    by_pid = {}
    for one in samples:
        by_pid.setdefault(one.pid, []).append(one)
    whole = max((one.moment for one in samples), default=0) - min((one.moment for one in samples), default=0)
    return {
        f"{ones[0].name} {pid}": ones
        for pid, ones in by_pid.items()
        if len(ones) >= FEWEST and ones[-1].moment - ones[0].moment >= SHARE * whole
    }


def _of_queue(samples, what):
    return _judged("queue", what, [(one.moment, getattr(one, what)) for one in samples])


def _judged(name, what, points):
    line = fitted(points)
    return Judged(name, what, line, _most(what, line))


def _most(what, line):
    if what == "memory":
        return STEPS + line.seconds / 3600 * MIB
    return 0.2 * line.level if what == "rows" else 0.99
