"""What spans and metrics say of a job, in the words of the semantic conventions for messaging. Never its arguments."""

from dj_queue.contract import JobInfo

SYSTEM = "messaging.system"
OPERATION_NAME = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
MESSAGE_ID = "messaging.message.id"
ERROR_TYPE = "error.type"
TASK = "dj_queue.task"
ATTEMPT = "dj_queue.attempt"
BACKEND = "dj_queue.backend"
OUTCOME = "dj_queue.outcome"
RETRY_DELAY = "dj_queue.retry_delay"

type Attributes = dict[str, str | int | float]


def of_kind(job: JobInfo) -> Attributes:
    """What jobs of one kind have in common: for metrics, which must stay few."""
    return {SYSTEM: "dj_queue", DESTINATION: job.queue_name, TASK: job.task_path}


def of_enqueue(job: JobInfo) -> Attributes:
    """For the span of the enqueue."""
    operation = {OPERATION_NAME: "enqueue", OPERATION_TYPE: "create"}
    return {**of_kind(job), **operation, MESSAGE_ID: str(job.id), BACKEND: job.backend_alias}


def of_attempt(job: JobInfo) -> Attributes:
    """For the span of an attempt."""
    operation = {OPERATION_NAME: "run", OPERATION_TYPE: "process"}
    return {
        **of_kind(job),
        **operation,
        MESSAGE_ID: str(job.id),
        BACKEND: job.backend_alias,
        ATTEMPT: job.attempt,
    }
