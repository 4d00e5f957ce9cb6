"""The HTTP endpoint of a queue: one of its processes listens, and when it ends another does.

Processes of fork mode share the port by turns: whoever binds it answers for all, since the counts of all are in one
directory. The supervisor takes no part, it has to stay without threads.
"""

import errno
import logging
import threading
from collections.abc import Callable, Sequence
from uuid import UUID

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from dj_queue.contract import ProcessInfo, Sample
from dj_queue_prometheus import configuration
from dj_queue_prometheus.configuration import Address
from dj_queue_prometheus.samples import SampleCollector

logger = logging.getLogger("dj_queue.prometheus")

BETWEEN_TRIES = 1.0
"""Seconds after which a process asks again whether the port is free."""
PATIENCE = {"worker": 2 * BETWEEN_TRIES}
"""Seconds that a kind of process leaves the port to others first: tasks may keep a worker from answering."""


class Endpoint:
    """This process's part in answering scrapes, for all actors in it."""

    def __init__(self) -> None:
        """Answer nothing yet."""
        self._samples = SampleCollector()
        self._actors: set[UUID] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def join(self, process: ProcessInfo, samples: Callable[[], Sequence[Sample]], address: Address) -> None:
        """Answer, or wait to answer, while this actor is there."""
        self._samples.add(process.backend_alias, samples)
        with self._lock:
            is_first = not self._actors
            self._actors.add(process.id)
            if not is_first:
                return
            self._over = threading.Event()
            patience = PATIENCE.get(process.kind, 0.0)
            threading.Thread(
                target=self._run,
                args=(address, self._over, patience),
                name="dj_queue-prometheus",
                daemon=True,
            ).start()

    def leave(self, process: ProcessInfo) -> bool:
        """Stop with the last actor; whether this was it."""
        with self._lock:
            if process.id not in self._actors:
                return False
            self._actors.discard(process.id)
            if self._actors:
                return False
            self._over.set()
            return True

    def _run(self, address: Address, over: threading.Event, patience: float) -> None:
        while not over.wait(patience):
            patience = BETWEEN_TRIES
            try:
                server, _thread = start_http_server(address.port, address.host, self._registry())
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                logger.exception("no scrapes can be answered at %s:%d", address.host, address.port)
                return
            logger.info("answering scrapes at %s:%d", address.host, address.port)
            over.wait()
            server.shutdown()
            server.server_close()
            return

    def _registry(self) -> CollectorRegistry:
        registry = CollectorRegistry()
        registry.register(self._samples)
        directory = configuration.directory()
        if directory is None:
            registry.register(REGISTRY)
        else:
            MultiProcessCollector(registry, str(directory))  # type: ignore[no-untyped-call]
        return registry
