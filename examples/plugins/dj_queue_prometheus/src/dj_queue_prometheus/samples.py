"""Gauges at the time of a scrape: the samples of the queue and of its plugins, as families of prometheus_client."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.db import connections
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from dj_queue.contract import Sample

logger = logging.getLogger("dj_queue.prometheus")

READABLE = "dj_queue_samples_readable"
KINDS: dict[str, type[CounterMetricFamily] | type[GaugeMetricFamily]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
}


class SampleCollector(Collector):
    """Reads the samples of each backend alias anew for each scrape. Counters are shown without them."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._sources: dict[str, Callable[[], Sequence[Sample]]] = {}

    def add(self, backend_alias: str, samples: Callable[[], Sequence[Sample]]) -> None:
        """Read those of this alias too."""
        self._sources[backend_alias] = samples

    def collect(self) -> Iterator[Metric]:
        """The families, and for each alias whether its samples could be read."""
        text = "1 where the samples of the queue could be read."
        readable = GaugeMetricFamily(READABLE, text, labels=["backend"])
        found: list[Sample] = []
        for alias, samples in tuple(self._sources.items()):
            read = self._read(alias, samples)
            readable.add_metric([alias], float(read is not None))
            found += read or []
        yield readable
        yield from families(found)

    def _read(self, alias: str, samples: Callable[[], Sequence[Sample]]) -> Sequence[Sample] | None:
        try:
            return samples()
        except Exception as error:  # noqa: BLE001 - whatever it is, the counts are shown
            logger.warning("the samples of %s cannot be read: %s", alias, error)
            return None
        finally:
            # Each scrape has a thread of its own.
            connections.close_all()


def families(samples: Iterable[Sample]) -> Iterator[Metric]:
    """Samples by their names; what Prometheus has no name for is left out."""
    by_name: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        by_name.setdefault((sample.name, sample.kind), []).append(sample)
    for (name, kind), group in by_name.items():
        names = sorted({name for sample in group for name in sample.labels})
        try:
            family = KINDS[kind](name, group[0].help, labels=names)
        except (KeyError, ValueError) as error:
            logger.warning("the sample %r of kind %r is left out: %s", name, kind, error)
            continue
        for sample in group:
            family.add_metric([str(sample.labels.get(name, "")) for name in names], sample.value)
        yield family
