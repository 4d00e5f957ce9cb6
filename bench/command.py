"""What one call of the benchmark does: measure, show, compare, keep, publish."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import own, store
from bench.arguments import Wanted, parse
from bench.machine import description
from bench.measurement import Measurement, summarise
from bench.pages import COMPARISON, PERFORMANCE, Page
from bench.peers import measure as peers
from bench.progress import tell
from bench.publish import publish
from bench.ratios import ratios
from bench.store import PEER_RESULTS, RESULTS, Results
from bench.tables import NOTE, table


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two sets of figures: where its results are kept and which page shows them."""

    folder: Path
    page: Page


OWN = Kind(RESULTS, PERFORMANCE)
PEERS = Kind(PEER_RESULTS, COMPARISON)


def command(arguments: list[str], folder: Path) -> int:
    """The exit code; logs and databases go into `folder`."""
    wanted = parse(arguments)
    if wanted.redraw:
        for kind in (OWN, PEERS):
            _redraw(kind)
        return 0
    if wanted.workloads:
        _finish(OWN, wanted, *own.measure_all(wanted, folder))
    if wanted.peers is not None:
        _finish(PEERS, wanted, *peers.measure_all(wanted, folder))
    return 0


def _finish(kind: Kind, wanted: Wanted, headings: Mapping[str, str], found: list[Measurement]) -> None:
    if not found:
        return
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    results = Results(taken_at, wanted.repetitions, description(), headings, tuple(found))
    _show(results, wanted.against or kind.folder)
    if wanted.json:
        store.write(results, wanted.json)
    if wanted.publish:
        store.write(results, kind.folder / results.file_name)
        publish(results, kind.page)


def _show(results: Results, against: Path) -> None:
    """Print the medians beside those of the last results, which a folder or a file holds."""
    before = store.read(against) if against.is_file() else store.last(against)
    now = summarise(results.measurements)
    factors = ratios(now, summarise(before.measurements)) if before else {}
    print(f"\n{results.machine}; medians of {results.repetitions}\n")
    print(table(now, results.subjects, factors))
    print(f"\n{NOTE}")
    if before:
        print(f"x: times as good as on {before.taken_at[:10]} ({before.machine}); above 1 is better")


def _redraw(kind: Kind) -> None:
    results = store.last(kind.folder)
    if results is None:
        tell(f"{kind.folder.name}: no results yet, nothing to draw")
        return
    publish(results, kind.page)
