"""Tells every plugin that listens to one hook; whatever one of them raises, the rest are told."""

from collections.abc import Callable, Iterable

from dj_queue.plugins.failures import Failures
from dj_queue.plugins.overdue import CallsUnderWay
from dj_queue.plugins.records import LoadedPlugin


class Broadcaster:
    """One hook, compiled to a caller for each plugin that listens."""

    __slots__ = ("_calls", "_failures", "_hook", "_listeners")

    def __init__(
        self,
        hook: str,
        listeners: Iterable[tuple[LoadedPlugin, Callable[..., object]]],
        failures: Failures,
        calls: CallsUnderWay,
    ) -> None:
        """Tell these listeners, in this order."""
        self._hook = hook
        self._listeners = tuple(listeners)
        self._failures = failures
        self._calls = calls

    def __call__(self, **facts: object) -> None:
        """Tell every listener. Only KeyboardInterrupt, which is the operator's, gets out."""
        for plugin, tell in self._listeners:
            call = self._calls.began(plugin, self._hook)
            try:
                tell(**facts)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - sys.exit() in a listener ends no worker
                self._failures.note(plugin, self._hook, error)
            finally:
                self._calls.ended(call)
