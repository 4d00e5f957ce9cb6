"""Measure the workloads on every database, repetition by repetition: a disturbance then does not hit one case alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from bench.arguments import Wanted
from bench.measurement import Measurement
from bench.others import Others
from bench.progress import tell, tell_values
from bench.servers import server_of
from bench.target import Target
from bench.workloads import BY_NAME, flat
from bench.workloads.workload import Case


def measure_all(wanted: Wanted, folder: Path) -> tuple[dict[str, str], list[Measurement]]:
    """The heading of each database, and every measurement."""
    found: list[Measurement] = []
    with made(_aliases(wanted), folder) as targets:
        headings = {target.alias: target.server.heading() for target in targets}
        for repetition in range(wanted.repetitions):
            for target in targets:
                tell(f"{headings[target.alias]}, {repetition + 1} of {wanted.repetitions}")
                found += [measure for name in wanted.workloads for measure in _measure(target, name, wanted)]
    return headings, found


@contextmanager
def made(aliases: list[str], folder: Path) -> Iterator[list[Target]]:
    """The databases of these aliases, with tables; dropped at the end."""
    servers = list(map(server_of, aliases))
    try:
        for server in servers:
            server.create()
            call_command("migrate", database=server.alias, verbosity=0)
        yield [Target(server.alias, server, folder) for server in servers]
    finally:
        for server in servers:
            server.drop()


def _aliases(wanted: Wanted) -> list[str]:
    there = [alias for alias in settings.DATABASES if alias != "default"]
    missing = set(wanted.databases or ()) - set(there)
    if missing:
        raise SystemExit(f"there is no database {', '.join(sorted(missing))}; there are {', '.join(there)}")
    return [alias for alias in there if wanted.databases is None or alias in wanted.databases]


def _measure(target: Target, workload: str, wanted: Wanted) -> Iterator[Measurement]:
    for case in BY_NAME[workload].cases:
        amount = _amount(workload, case, wanted)
        target.empty()
        others = Others(target.server.processes())
        values = case.measure(target, amount)
        cores = others.cores()
        tell_values(f"{workload}: {case.name}", values, cores)
        yield Measurement(target.alias, workload, case.name, amount, values, cores)


def _amount(workload: str, case: Case, wanted: Wanted) -> int:
    if workload == flat.WORKLOAD.name:
        return wanted.rows if case.amount else 0
    return max(1, int(case.amount * wanted.scale))
