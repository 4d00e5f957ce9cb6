"""Every broadcast hook by its name: a caller where some plugin listens, None where nobody does."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from dj_queue.contract import ProcessInfo
from dj_queue.plugins.broadcaster import Broadcaster
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.records import LoadedPlugin

logger = logging.getLogger("dj_queue.plugins")

type OnThreadError = Callable[[BaseException], object]


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """What the runtime tells plugins. `if broadcasts.event:` costs nothing where nobody listens."""

    process_started: Broadcaster | None = None
    process_stopping: Broadcaster | None = None
    process_exited: Broadcaster | None = None
    job_enqueued: Broadcaster | None = None
    job_started: Broadcaster | None = None
    job_finished: Broadcaster | None = None
    job_retried: Broadcaster | None = None
    event: Broadcaster | None = None
    _error: Broadcaster | None = None
    _on_thread_error: OnThreadError | None = field(default=None, repr=False)

    @classmethod
    def of(cls, host: PluginHost, on_thread_error: OnThreadError | None = None) -> "Broadcasts":
        """The broadcasts of a host, whose isolated failures go to `error` from now on.

        Args:
            host: who listens.
            on_thread_error: what the option `on_thread_error` names, told of every error too.
        """
        broadcasts = cls(
            process_started=host.broadcaster("dj_queue_process_started"),
            process_stopping=host.broadcaster("dj_queue_process_stopping"),
            process_exited=host.broadcaster("dj_queue_process_exited"),
            job_enqueued=host.broadcaster("dj_queue_job_enqueued"),
            job_started=host.broadcaster("dj_queue_job_started"),
            job_finished=host.broadcaster("dj_queue_job_finished"),
            job_retried=host.broadcaster("dj_queue_job_retried"),
            event=host.broadcaster("dj_queue_event"),
            _error=host.broadcaster("dj_queue_error"),
            _on_thread_error=on_thread_error,
        )
        host.on_error = broadcasts._plugin_failed
        return broadcasts

    def error(self, process: ProcessInfo | None, error: BaseException, where: str) -> None:
        """Tell of an error that the runtime goes on after. Raises nothing."""
        if self._error:
            self._error(process=process, error=error, where=where)
        if self._on_thread_error:
            try:
                self._on_thread_error(error)
            except KeyboardInterrupt:
                raise
            except BaseException:
                logger.exception("on_thread_error failed when told of an error in %s", where)

    def _plugin_failed(self, plugin: LoadedPlugin, hook: str, error: BaseException) -> None:
        self.error(None, error, f"plugin.{plugin.name}.{hook}")
