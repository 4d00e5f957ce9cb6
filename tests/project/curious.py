"""A plugin that uses the database in the supervisor, right before it forks."""

from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)


@hookimpl
def dj_queue_process_started(process):
    from dj_queue.models import Job
    from dj_queue.services import services_for

    if process.kind == "supervisor":
        Job.objects.using(services_for(process.backend_alias).database.alias).count()
