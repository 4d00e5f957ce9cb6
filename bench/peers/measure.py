"""Measure the peers on PostgreSQL, in turn, each time on a database that nobody used before."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench import databases
from bench.arguments import Wanted
from bench.measurement import Measurement, percentile
from bench.others import Others
from bench.peers.environments import interpreter_of
from bench.peers.peer import BY_NAME, PEERS, Peer
from bench.peers.redis import Redis, running_redis
from bench.processes import running
from bench.progress import tell, tell_values
from bench.servers import Postgres

INSIDE = Path(__file__).parent / "inside"
ONE, MANY, LATENCY = 500, 5_000, 40
"""Jobs; what is enqueued by the thousand is then drained."""


def measure_all(wanted: Wanted, folder: Path) -> tuple[dict[str, str], list[Measurement]]:
    """The heading of each peer that could be measured, and every measurement."""
    url = databases.urls().get("postgres")
    if url is None:
        tell("peers: not measured, there is no PostgreSQL")
        return {}, []
    with running_redis(folder) as redis:
        there = list(_installed(wanted.peers or (), url, folder, redis))
        found = [
            measurement
            for repetition in range(wanted.repetitions)
            for installed in there
            for measurement in installed.measure(wanted.scale, f"{repetition + 1} of {wanted.repetitions}")
        ]
    return {installed.peer.name: installed.peer.heading for installed in there}, found


@dataclass(frozen=True, slots=True)
class Installed:
    """A peer with its interpreter, and what its processes are told through their environment."""

    peer: Peer
    interpreter: Path
    server: Postgres
    redis: Redis | None
    folder: Path
    environment: Mapping[str, str]

    def measure(self, scale: float, repetition: str) -> Iterator[Measurement]:
        """One repetition of everything."""
        tell(f"{self.peer.heading}, {repetition}")
        one, many, latency = (max(5, int(scale * amount)) for amount in (ONE, MANY, LATENCY))
        with self._database():
            yield self._measured("enqueue", "one by one", "one_by_one", one)
        with self._database():
            yield self._measured("enqueue", "a thousand a call", "many", many)
            yield self._measured("drain", "jobs that do nothing", "drain", many)
        with self._database():
            yield self._measured("latency", "enqueue to start", "latency", latency)

    def _measured(self, workload: str, case: str, command: str, amount: int) -> Measurement:
        others = Others(self._servers())
        values = self._values(command, amount)
        cores = others.cores()
        tell_values(f"{workload}: {case}", values, cores)
        return Measurement(self.peer.name, workload, case, amount, values, cores)

    def _values(self, command: str, amount: int) -> dict[str, float]:
        if command in {"one_by_one", "many"}:
            return self._client(command, amount)
        worker: list[str | Path] = [self.interpreter, *self.peer.worker]
        log = self.folder / f"{self.peer.name}.log"
        # The client is up before the workers: it is not to come when all is over.
        with self._started(command, amount) as client:
            self._expect_ready(client)
            with running(worker, self.environment, log, self.peer.processes, INSIDE):
                answer = self._answer(client)
        if "waits" not in answer:
            return answer
        return {"p50_ms": percentile(answer["waits"], 0.5), "p99_ms": percentile(answer["waits"], 0.99)}

    def _client(self, command: str, amount: int) -> dict[str, Any]:
        with self._started(command, amount) as client:
            return self._answer(client)

    def _started(self, command: str, amount: int) -> subprocess.Popen[str]:
        program: list[str | Path] = [self.interpreter, "bench_client.py", command, str(amount)]
        log = (self.folder / f"{self.peer.name}-client.log").open("w")
        with log:
            return subprocess.Popen(
                program, env=self.environment, cwd=INSIDE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def _expect_ready(self, client: subprocess.Popen[str]) -> None:
        assert client.stdout is not None
        if client.stdout.readline().strip() != "ready":
            self._answer(client)

    def _answer(self, client: subprocess.Popen[str]) -> dict[str, Any]:
        said = client.communicate()[0]
        if client.returncode:
            log = self.folder / f"{self.peer.name}-client.log"
            raise RuntimeError(f"{self.peer.heading}:\n{log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def _servers(self) -> tuple[int, ...] | None:
        found = self.server.processes()
        return found if found is None or self.redis is None else (*found, self.redis.pid)

    @contextmanager
    def _database(self) -> Iterator[None]:
        """A database with the peer's tables, and no marks."""
        Path(self.environment["PEER_MARKS"]).unlink(missing_ok=True)
        self.server.drop()
        self.server.create()
        try:
            self._client("setup", 0)
            yield
        finally:
            self.server.drop()


def _installed(names: tuple[str, ...], url: str, folder: Path, redis: Redis | None) -> Iterator[Installed]:
    unknown = set(names) - set(BY_NAME)
    if unknown:
        raise SystemExit(f"there is no peer {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
    for peer in PEERS:
        if names and peer.name not in names:
            continue
        if peer.needs_redis and redis is None:
            tell(f"{peer.heading}: not measured, there is no redis-server")
            continue
        try:
            interpreter = interpreter_of(peer)
        except subprocess.CalledProcessError as error:
            tell(f"{peer.heading}: not measured, it cannot be installed: {error}")
            continue
        environment = _environment(peer, url, folder, redis)
        yield Installed(peer, interpreter, Postgres("postgres"), redis, folder, environment)


def _environment(peer: Peer, url: str, folder: Path, redis: Redis | None) -> dict[str, str]:
    outside = {
        key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "DJ_QUEUE_"))
    }
    database = f"/{os.environ[databases.NAME]}_postgres"
    return {
        **outside,
        "PEER_ADAPTER": peer.adapter,
        "PEER_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=database)),
        "PEER_MARKS": str(folder / f"marks-{peer.name}.txt"),
        "PEER_PROJECT": json.dumps(dict(peer.project)),
        "PEER_REDIS_URL": redis.url if redis else "",
    }
