"""Writing outcomes through the ORM, guarded by the fence."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Coalesce

from dj_queue.contract import Outcome, Started, Status
from dj_queue.models import Job
from dj_queue.models.fields import UTCDateTimeField


def write_outcomes(
    alias: str, outcomes: Sequence[Outcome], clock: Expression, now: datetime
) -> frozenset[UUID]:
    """Write each outcome whose claim still stands; returns the ids of the jobs written."""
    held = _locked(alias, outcomes)
    for outcome in held:
        Job.objects.using(alias).filter(id=outcome.job_id).update(**_columns(outcome, clock, now))
    return frozenset(outcome.job_id for outcome in held)


def drop(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Delete each job whose claim still stands; returns their ids."""
    ids = frozenset(outcome.job_id for outcome in _locked(alias, outcomes))
    Job.objects.using(alias).filter(id__in=ids).delete()
    return ids


def write_started(alias: str, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, where their claims still stand."""
    for started in attempts:
        Job.objects.using(alias).filter(
            id=started.job_id,
            attempts=started.attempt,
            process_id=started.process_id,
            status=Status.CLAIMED,
        ).update(started_at=_first(started.started_at), last_attempted_at=started.started_at)


def _locked(alias: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those of these outcomes whose claims stand; their rows are locked, and will stay so."""
    wanted = {(outcome.job_id, outcome.attempt, outcome.process_id): outcome for outcome in outcomes}
    rows = (
        Job.objects.using(alias)
        .filter(id__in={outcome.job_id for outcome in outcomes}, status=Status.CLAIMED)
        .order_by("id")
        .select_for_update()
        .values_list("id", "attempts", "process_id")
    )
    return [wanted[fence] for fence in rows if fence in wanted]


def _columns(outcome: Outcome, clock: Expression, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {"status": outcome.status, "lost": outcome.lost}
    if outcome.started_at is not None:
        columns["started_at"] = _first(outcome.started_at)
        columns["last_attempted_at"] = outcome.started_at
    if outcome.errors_json is not None:
        columns["errors"] = json.loads(outcome.errors_json)
    if outcome.status.is_finished:
        columns |= {"finished_at": outcome.ended_at or clock, "slot_until": None}
    else:
        columns |= {"process_id": None, "claimed_at": None}
    if outcome.status is Status.SUCCESSFUL and outcome.value_json is not None:
        columns["return_value"] = json.loads(outcome.value_json)
    if outcome.status is Status.SCHEDULED:
        columns["run_after"] = now + timedelta(seconds=outcome.retry_delay)
    if outcome.never_started:
        columns["attempts"] = outcome.attempt - 1
    return columns


def _first(moment: datetime) -> Combinable:
    """Keep the start of the first attempt."""
    return Coalesce(F("started_at"), Value(moment, output_field=UTCDateTimeField()))
