"""Results as JSON files, and which of them came last."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bench.measurement import Measurement

RESULTS = Path(__file__).parent / "results"
PEER_RESULTS = Path(__file__).parent / "peers" / "results"


@dataclass(frozen=True, slots=True)
class Results:
    """One run: when, on what, and every measurement."""

    taken_at: str
    repetitions: int
    machine: str
    subjects: Mapping[str, str]
    """Each subject's heading, which says its version."""
    measurements: tuple[Measurement, ...]

    @property
    def file_name(self) -> str:
        """The name under which the run is kept; names sort by time."""
        return f"{datetime.fromisoformat(self.taken_at):%Y-%m-%d-%H%M%S}.json"


def write(results: Results, path: Path) -> None:
    """Keep a run, one measurement a line."""
    head = asdict(results)
    lines = ",\n".join(f"  {json.dumps(found)}" for found in head.pop("measurements"))
    opening = json.dumps(head, indent=1).removesuffix("\n}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{opening},\n "measurements": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def read(path: Path) -> Results:
    """A run that `write` kept."""
    content = json.loads(path.read_text(encoding="utf-8"))
    found = tuple(Measurement(**values) for values in content.pop("measurements"))
    return Results(**content, measurements=found)


def last(folder: Path) -> Results | None:
    """The run in this folder that was taken last."""
    found = [read(path) for path in folder.glob("*.json")]
    return max(found, key=lambda results: results.taken_at, default=None)
