"""The pages of the documentation that show results, and what each of their generated blocks shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.plans import Bar, ByCase, BySubject

EXPLANATION = Path(__file__).resolve().parents[1] / "docs" / "explanation"
RATE = "jobs_per_second"


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two marks of a page: charts, then the table of one workload."""

    workload: str
    charts: tuple[BySubject, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its blocks by the names in their marks; the block `machine` is everywhere."""

    path: Path
    blocks: Mapping[str, Block]


def _cases(metric: str, *names: str) -> tuple[Bar, ...]:
    return tuple(Bar(name, name, metric) for name in names)


_LATENCY = "enqueue to start"
_HALF_AND_MOST = (Bar("p50", _LATENCY, "p50_ms"), Bar("p99", _LATENCY, "p99_ms"))
_BESIDE = (
    "nothing else",
    "ready jobs",
    "scheduled jobs",
    "finished jobs",
    "200 queues, 100 paused",
    "an old transaction",
)
_PROCESSES = tuple(
    Bar(
        f"{count} process{'es' if count > 1 else ''}",
        f"{count} process{'es' if count > 1 else ''}, threads",
        RATE,
    )
    for count in (1, 2, 4)
)

PERFORMANCE = Page(
    EXPLANATION / "performance.md",
    {
        "enqueue": Block(
            "enqueue",
            (
                BySubject("enqueue-one", "Enqueue one by one", "enqueue", _cases(RATE, "one by one")),
                BySubject("enqueue-many", "Enqueue many", "enqueue", _cases(RATE, "a thousand a call")),
            ),
        ),
        "drain": Block(
            "drain",
            (
                BySubject(
                    "drain",
                    "Drain by one process",
                    "drain",
                    (Bar("threads", "1 process, threads", RATE), Bar("asyncio", "1 process, asyncio", RATE)),
                ),
                BySubject("scale", "Drain by more processes", "drain", _PROCESSES),
            ),
        ),
        "waiting": Block("wait 100 ms"),
        "latency": Block(
            "latency", (BySubject("latency", "Enqueue to start, worker idle", "latency", _HALF_AND_MOST),)
        ),
        "idle": Block("idle"),
        "flat": Block(
            "claim 5 jobs",
            (ByCase("flat", "Claim of 5 jobs, p50", "claim 5 jobs", _cases("p50_ms", *_BESIDE)),),
        ),
    },
)

COMPARISON = Page(
    EXPLANATION / "comparison.md",
    {
        "enqueue": Block(
            "enqueue",
            (BySubject("peers-enqueue", "Enqueue one by one", "enqueue", _cases(RATE, "one by one")),),
        ),
        "drain": Block(
            "drain", (BySubject("peers-drain", "Drain", "drain", _cases(RATE, "jobs that do nothing")),)
        ),
        "latency": Block(
            "latency",
            (BySubject("peers-latency", "Enqueue to start, worker idle", "latency", _HALF_AND_MOST),),
        ),
    },
)
