"""Whether someone works on the jobs of one backend alias: what the rows of its processes say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from dj_queue.contract import Selector, parse_selector
from dj_queue.models import Process
from dj_queue.services import Services

UNKNOWN_VERSION = "of an unknown version"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One registered process, as its row tells."""

    id: UUID
    kind: str
    name: str
    seconds_silent: float
    """Since its last heartbeat, by the database's clock."""
    version: str
    queues: tuple[Selector, ...]
    threads: int

    def selects(self, queue_name: str) -> bool:
        """Whether this worker takes jobs of the queue."""
        return any(selector.matches(queue_name) for selector in self.queues)


def process_states(services: Services) -> list[ProcessState]:
    """Every supervisor of the alias and what it runs, the one that spoke last first.

    Jobs that were claimed by hand have a worker without a supervisor: that one claims no more.
    """
    now = services.dialect.now()
    rows = Process.objects.using(services.database.alias).filter(
        Q(kind="supervisor") | Q(supervisor_id__isnull=False), backend_alias=services.alias
    )
    return [
        _state(row, (now - row.last_heartbeat_at).total_seconds())
        for row in rows.order_by("-last_heartbeat_at")
    ]


def live(states: Sequence[ProcessState], max_age: float) -> list[ProcessState]:
    """Those that sent a heartbeat within `max_age` seconds."""
    return [state for state in states if state.seconds_silent <= max_age]


def why_unhealthy(
    states: Sequence[ProcessState], max_age: float, required_version: str | None = None
) -> str | None:
    """The first reason why jobs would wait, or why the wrong code runs them; None when there is none."""
    if not states:
        return "no process is registered; start one with `manage.py dj_queue`"
    alive = live(states, max_age)
    if not alive:
        last = states[0]
        return (
            f"every process is silent: the last heartbeat, of {last.name}, "
            f"is {last.seconds_silent:.0f} s old and {max_age:g} s are allowed"
        )
    if not any(state.kind == "worker" for state in alive):
        return f"no worker is alive, only {counted(alive)}"
    others = [state for state in alive if required_version is not None and state.version != required_version]
    if others:
        return f"{others[0].name} runs dj_queue {others[0].version}, not {required_version}"
    return None


def counted(states: Sequence[ProcessState]) -> str:
    """How many there are of each kind, in words."""
    kinds = Counter(state.kind for state in states)
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(kinds.items()))


def _state(row: Process, seconds_silent: float) -> ProcessState:
    metadata = row.metadata if isinstance(row.metadata, dict) else {}
    return ProcessState(
        id=row.id,
        kind=row.kind,
        name=row.name,
        seconds_silent=max(0.0, seconds_silent),
        version=str(metadata.get("version", UNKNOWN_VERSION)),
        queues=_selectors(metadata),
        threads=_threads(metadata),
    )


def _selectors(metadata: Mapping[str, Any]) -> tuple[Selector, ...]:
    texts = metadata.get("queues")
    try:
        return tuple(parse_selector(str(text)) for text in texts) if isinstance(texts, list) else ()
    except ValueError:
        return ()


def _threads(metadata: Mapping[str, Any]) -> int:
    threads = metadata.get("threads")
    return threads if isinstance(threads, int) else 0
