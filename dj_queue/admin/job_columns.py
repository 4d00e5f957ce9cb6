"""What lists and pages of jobs show of a job."""

from django.contrib import admin
from django.utils.safestring import SafeString

from dj_queue.admin.display import (
    NOTHING,
    Section,
    code,
    column,
    grid,
    lines,
    link,
    moment,
    state,
    text,
)
from dj_queue.admin.payloads import last_error_class, show_args, show_errors, show_kwargs, show_result
from dj_queue.contract import Status
from dj_queue.models import Job, Process

FACTS = (
    "task",
    "queue",
    "state",
    "job_id",
    "backend",
    "importance",
    "tries",
    "lost_tries",
    "crash",
    "process",
)
TIMES = ("enqueued", "due", "claimed", "began", "last_began", "ended")
KEY = ("key", "key_limit", "key_duration", "key_conflict", "slot")


class JobColumns:
    """Columns by their names. Nothing here imports the task or the exceptions that a row names."""

    task = column("task_path", "task", text)
    queue = column("queue_name", "queue", text)
    state = column("status", "status", state)
    job_id = column("id", "id", code)
    backend = column("backend_alias", "backend alias", text)
    importance = column("priority", "priority", text)
    tries = column("attempts", "attempts", text)
    lost_tries = column("lost", "lost with their process", text)
    crash = column("on_crash", "when its process dies", text)
    enqueued = column("enqueued_at", "enqueued", moment)
    due = column("run_after", "due", moment)
    claimed = column("claimed_at", "claimed", moment)
    began = column("started_at", "first attempt", moment)
    last_began = column("last_attempted_at", "last attempt", moment)
    ended = column("finished_at", "finished", moment)
    key = column("concurrency_key", "key", code)
    key_limit = column("concurrency_limit", "jobs at once", text)
    key_duration = column("concurrency_duration", "seconds a slot waits", text)
    key_conflict = column("on_conflict", "when no slot is free", text)
    slot = column("slot_until", "slot held until", moment)

    @admin.display(description="process")
    def process(self, job: Job) -> SafeString | str:
        """The process of the last attempt, linked while it is registered."""
        if job.process_id is None:
            return NOTHING
        if not Process.objects.using(job._state.db).filter(id=job.process_id).exists():
            return code(job.process_id)
        return link(Process, job.process_id, job.process_id, job.backend_alias)

    @admin.display(description="arguments")
    def arguments(self, job: Job) -> SafeString:
        """Positional arguments."""
        return show_args(job)

    @admin.display(description="keyword arguments")
    def keyword_arguments(self, job: Job) -> SafeString:
        """Keyword arguments."""
        return show_kwargs(job)

    @admin.display(description="return value")
    def returned(self, job: Job) -> SafeString:
        """What the task returned."""
        return show_result(job)

    @admin.display(description="attempts that did not end well, newest first")
    def error_list(self, job: Job) -> SafeString:
        """Attempts that did not end well."""
        return show_errors(job)

    @admin.display(description="error")
    def error(self, job: Job) -> str:
        """The class of the last error, as text."""
        return last_error_class(job)


def sections(job: Job) -> list[Section]:
    """The parts of a job's page: facts, call and times; errors, result and key where there are some."""
    parts = [grid(*FACTS)]
    if job.errors:
        parts.append(lines("error_list", title="Errors"))
    parts.append(lines("arguments", "keyword_arguments", title="Call"))
    if job.status == Status.SUCCESSFUL:
        parts.append(lines("returned", title="Result"))
    parts.append(grid(*TIMES, title="Times"))
    if job.concurrency_key is not None:
        parts.append(grid(*KEY, title="Concurrency"))
    return parts
