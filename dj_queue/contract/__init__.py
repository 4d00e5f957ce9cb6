"""All a plugin must know: hooks, dialects, claim strategies, wakeups, config layers, events, values.

Nothing here needs more than the standard library and pluggy.
"""

from dj_queue.contract.claim import ClaimRequest, ClaimStrategy
from dj_queue.contract.config import ConfigLayer, Invocation
from dj_queue.contract.database import CheckMessage, DatabaseInfo, OldestReader
from dj_queue.contract.dialect import Dialect
from dj_queue.contract.errors import ConfigSourceError, PayloadError, PluginOptionsError
from dj_queue.contract.events import Event, JobInfo, OutcomeInfo, ProcessInfo, Sample
from dj_queue.contract.jobs import (
    MOST_ATTEMPTS,
    NOTHING_ADMITTED,
    Admitted,
    ClaimedJob,
    Concurrency,
    NewJob,
    Outcome,
    OutcomeKind,
    Promoted,
    Started,
    Status,
)
from dj_queue.contract.markers import hookimpl, hookspec
from dj_queue.contract.selectors import Selector, parse_selector
from dj_queue.contract.version import VERSION
from dj_queue.contract.wakeup import SCHEDULED, Listener, WakeupTransport, are_for_dispatchers

__all__ = [
    "MOST_ATTEMPTS",
    "NOTHING_ADMITTED",
    "SCHEDULED",
    "VERSION",
    "Admitted",
    "CheckMessage",
    "ClaimRequest",
    "ClaimStrategy",
    "ClaimedJob",
    "Concurrency",
    "ConfigLayer",
    "ConfigSourceError",
    "DatabaseInfo",
    "Dialect",
    "Event",
    "Invocation",
    "JobInfo",
    "Listener",
    "NewJob",
    "OldestReader",
    "Outcome",
    "OutcomeInfo",
    "OutcomeKind",
    "PayloadError",
    "PluginOptionsError",
    "ProcessInfo",
    "Promoted",
    "Sample",
    "Selector",
    "Started",
    "Status",
    "WakeupTransport",
    "are_for_dispatchers",
    "hookimpl",
    "hookspec",
    "parse_selector",
]
