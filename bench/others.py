"""How much of the machine others used during a measurement: neither this benchmark nor the database it asks."""

import time

import psutil

from bench.processes import own_cpu, tree_cpu


class Others:
    """Counts from its making until `cores` is asked."""

    def __init__(self, servers: tuple[int, ...] | None) -> None:
        """Leave out the servers with these process ids; None when it is not known which they are."""
        self._servers = servers
        self._began, self._before = time.monotonic(), self._foreign()

    def cores(self) -> float | None:
        """Cores that others used on average, time stolen from a virtual machine included; None when not known."""
        if self._servers is None:
            return None
        seconds = max(time.monotonic() - self._began, 1e-6)
        return round(max(0.0, self._foreign() - self._before) / seconds, 2)

    def _foreign(self) -> float:
        times = psutil.cpu_times()
        more = ("nice", "irq", "softirq", "steal")
        busy = times.user + times.system + sum(getattr(times, name, 0.0) for name in more)
        return float(busy - own_cpu() - sum(map(tree_cpu, self._servers or ())))
