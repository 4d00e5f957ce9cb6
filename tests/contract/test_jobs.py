"""Jobs and outcomes: what their states mean."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dj_queue.contract import Outcome, OutcomeKind, Status
from dj_queue.contract.jobs import FINISHED
from dj_queue.models import Job

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def outcome(kind, status, started_at=None):
    return Outcome(uuid4(), 1, uuid4(), kind, status, started_at)


@pytest.mark.parametrize("status", Status)
def test_job_is_finished_in_the_states_it_never_leaves(status):
    assert status.is_finished == (status in FINISHED)
    assert {s for s in Status if s.is_finished} == {
        Status.SUCCESSFUL,
        Status.FAILED,
        Status.CANCELLED,
        Status.DISCARDED,
    }


@pytest.mark.parametrize("status", Status)
def test_state_is_the_text_that_its_column_holds(status):
    column = Job._meta.get_field("status")

    assert str(status) == status.value
    assert len(status) <= column.max_length
    assert (status.value, status.value) in column.choices


@pytest.mark.parametrize(
    ("kind", "status", "started_at", "never_started"),
    [
        (OutcomeKind.RELEASE, Status.READY, None, True),
        (OutcomeKind.LOST, Status.READY, None, True),
        (OutcomeKind.RELEASE, Status.READY, NOW, False),
        (OutcomeKind.RETRY, Status.SCHEDULED, None, False),
        (OutcomeKind.ERROR, Status.FAILED, None, False),
        (OutcomeKind.VALUE, Status.SUCCESSFUL, NOW, False),
    ],
)
def test_attempt_is_given_back_uncounted_only_where_no_line_of_the_task_ran(
    kind, status, started_at, never_started
):
    assert outcome(kind, status, started_at).never_started is never_started
