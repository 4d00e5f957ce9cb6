"""The command line: `make bench ARGS="..."`."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.workloads import BY_NAME, flat

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure and what to do with it."""

    workloads: tuple[str, ...]
    databases: tuple[str, ...] | None
    peers: tuple[str, ...] | None
    """None leaves the peers out; nothing in it stands for all of them."""
    repetitions: int
    scale: float
    rows: int
    publish: bool
    redraw: bool
    against: Path | None
    json: Path | None


def parse(arguments: list[str] | None = None) -> Wanted:
    """What the command line wants; ends the program when it makes no sense."""
    parser = _parser()
    given = parser.parse_args(arguments)
    unknown = set(given.only or ()) - set(BY_NAME)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(map(repr, BY_NAME))}")
    partly = given.only is not None or given.databases is not None or given.peers
    if given.publish and partly:
        parser.error("--publish measures everything: leave out --only, --databases and names of peers")
    own = given.only if given.only is not None else () if given.peers is not None else tuple(BY_NAME)
    return Wanted(
        workloads=tuple(BY_NAME) if given.publish else tuple(own),
        databases=given.databases,
        peers=() if given.publish else given.peers,
        repetitions=given.repetitions,
        scale=given.scale,
        rows=MILLION if given.full else max(1, int(flat.ROWS * given.scale)),
        publish=given.publish,
        redraw=given.redraw,
        against=given.against,
        json=given.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='make bench ARGS="..."', description=__doc__)
    add = parser.add_argument
    add("--only", type=_names, metavar="NAMES", help=f"workloads, of {', '.join(map(repr, BY_NAME))}")
    add("--databases", type=_names, metavar="ALIASES", help="such as sqlite,postgres,mysql; all there are")
    add("--peers", type=_names, nargs="?", const=(), metavar="NAMES", help="measure the peers, on PostgreSQL")
    add("--repetitions", type=_positive, default=3, metavar="N", help="figures are medians of so many (3)")
    add(
        "--scale",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="of jobs and rows, such as 0.1 to try it out",
    )
    add(
        "--full",
        action="store_true",
        help="claim beside a million rows; takes from five minutes a database and repetition on",
    )
    add("--publish", action="store_true", help="measure all, keep the results, fill the pages of docs/")
    add("--redraw", action="store_true", help="fill the pages from the last results, measure nothing")
    add("--against", type=Path, metavar="JSON", help="compare with this file (the last of bench/results)")
    add("--json", type=Path, metavar="PATH", help="write the results there too")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _positive(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)
