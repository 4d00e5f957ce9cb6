"""What becomes of hooks that raise: logged by name, counted, passed on once."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar

from dj_queue.plugins.records import LoadedPlugin

logger = logging.getLogger("dj_queue.plugins")

type OnError = Callable[[LoadedPlugin, str, BaseException], object]

_passing_on: ContextVar[bool] = ContextVar("dj_queue_passing_on_a_failure", default=False)


class Failures:
    """The failed hook calls of one host in this process."""

    def __init__(self) -> None:
        """Count from zero; `on_error` is told of each failure once somebody sets it."""
        self.on_error: OnError | None = None
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, type[BaseException]]] = Counter()

    def note(self, plugin: LoadedPlugin, hook: str, error: BaseException) -> None:
        """Take note of one failure. Raises nothing, whatever the listener did."""
        times = self._count(plugin.name, hook, type(error))
        if _is_worth_a_line(times):
            logger.error("%s failed in %s (%d so far)", plugin.label, hook, times, exc_info=error)
        self._pass_on(plugin, hook, error)

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each (plugin name, hook) has failed."""
        with self._lock:
            counted = list(self._counts.items())
        totals: Counter[tuple[str, str]] = Counter()
        for (plugin, hook, _kind), times in counted:
            totals[plugin, hook] += times
        return dict(totals)

    def _count(self, plugin: str, hook: str, kind: type[BaseException]) -> int:
        with self._lock:
            self._counts[plugin, hook, kind] += 1
            return self._counts[plugin, hook, kind]

    def _pass_on(self, plugin: LoadedPlugin, hook: str, error: BaseException) -> None:
        # Who is told may be a plugin that fails in turn: that is logged and counted, no more.
        if self.on_error is None or _passing_on.get():
            return
        token = _passing_on.set(True)
        try:
            self.on_error(plugin, hook, error)
        except KeyboardInterrupt:
            raise
        except BaseException:
            logger.exception("telling others that %s failed in %s", plugin.label, hook)
        finally:
            _passing_on.reset(token)


def _is_worth_a_line(times: int) -> bool:
    """The 1st, 2nd, 4th, 8th ...: a listener that fails for every job must not fill the disk."""
    return times & (times - 1) == 0
