"""Every error dj_queue raises on purpose."""

from django.core.exceptions import ImproperlyConfigured
from django.tasks.exceptions import InvalidTask


class DjQueueError(Exception):
    """The base of dj_queue's own errors."""


class ConfigurationError(DjQueueError, ImproperlyConfigured):
    """Options that cannot work: `problems` holds every one found, each with its path."""

    def __init__(self, problems: list[str]) -> None:
        """Say all problems at once, one a line."""
        self.problems = problems
        super().__init__("\n".join(problems))


class PluginError(DjQueueError, ImproperlyConfigured):
    """A plugin could not be loaded, is for another contract, or two of them answer for one database."""


class EnqueueError(DjQueueError, InvalidTask):
    """A job was refused before any SQL ran."""


class InvalidArguments(EnqueueError):
    """A task's arguments do not survive JSON on every database."""


class DispatchPolicyError(EnqueueError):
    """A task's per-task options (concurrency, retry, on_crash, sensitive) are wrong."""


class DatabaseNotReady(DjQueueError):
    """The queue's tables are missing or older than the code: `migrate` has to run first."""


class DatabaseReplaced(DjQueueError):
    """Another database stands under the queue's name since the supervisor started: it has to start again."""


class UnknownTask(DjQueueError):
    """A stored path names no registered task; nothing was imported for it."""


class ResultNotStorable(DjQueueError):
    """A task's return value does not survive JSON on every database."""


class SensitiveError(DjQueueError):
    """Logged in place of an error whose text repeats a sensitive argument: its traceback without that."""


class JobDiscarded(DjQueueError):
    """The job met another of its concurrency key, and its task says `on_conflict="discard"`."""


class JobNotFound(DjQueueError, LookupError):
    """No job of this backend alias has the id, or it is not in the state that the call needs."""


class ProcessExitError(DjQueueError):
    """The process that ran the job ended before the job did; the text names the signal or exit code."""


class ProcessPrunedError(ProcessExitError):
    """The process that ran the job stopped sending heartbeats and was given up."""


class ProcessMissingError(ProcessExitError):
    """The process that held the job has no row any more."""
