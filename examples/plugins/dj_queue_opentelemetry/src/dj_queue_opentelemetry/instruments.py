"""Metrics through the API: the conventions' own where they have one."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from opentelemetry.metrics import Meter

from dj_queue.contract import JobInfo, OutcomeInfo
from dj_queue_opentelemetry import attributes


class Instruments:
    """Counters and histograms by task and queue."""

    def __init__(self, meter: Meter) -> None:
        """Make them with this meter."""
        self._sent = meter.create_counter(
            "messaging.client.sent.messages", "{message}", "Jobs enqueued and committed."
        )
        self._consumed = meter.create_counter(
            "messaging.client.consumed.messages", "{message}", "Attempts that ended, by outcome."
        )
        self._run = meter.create_histogram("messaging.process.duration", "s", "How long an attempt ran.")
        self._wait = meter.create_histogram(
            "dj_queue.job.wait", "s", "From when a job was due until an attempt started."
        )

    def enqueued(self, jobs: Sequence[JobInfo]) -> None:
        """Count jobs, those of one kind at once."""
        for kind, count in Counter(tuple(attributes.of_kind(job).items()) for job in jobs).items():
            self._sent.add(count, dict(kind))

    def started(self, job: JobInfo) -> None:
        """Measure the wait."""
        due = [moment for moment in (job.enqueued_at, job.run_after) if moment is not None]
        if due:
            waited = (datetime.now(UTC) - max(due)).total_seconds()
            # The clock of the machine that enqueued may be ahead of this one's.
            self._wait.record(max(0.0, waited), attributes.of_kind(job))

    def ended(self, job: JobInfo, outcome: OutcomeInfo) -> None:
        """Count the attempt and measure its run."""
        facts = {**attributes.of_kind(job), attributes.OUTCOME: outcome.kind.value}
        if outcome.error_class is not None:
            facts[attributes.ERROR_TYPE] = outcome.error_class
        self._consumed.add(1, facts)
        if outcome.seconds is not None:
            self._run.record(outcome.seconds, facts)
