"""The queue in a database of its own: its traffic stays away from the application's tables."""

import stage
from django.core.management import call_command
from django.db import transaction
from django.tasks import task
from library.models import Module

from dj_queue.api import QueueInfo, enqueue_on_commit
from dj_queue.models import Job


@task(
    backend="separate"
)  # TASKS["separate"]["OPTIONS"] has "database_alias": "queue", see project/settings.py
def describe(module_id):
    return f"{Module.objects.get(id=module_id)}, read from the application's database"


def main():
    # manage.py migrate dj_queue --database queue
    call_command("migrate", "dj_queue", database="queue", verbosity=0)

    # Two databases have two transactions: only after the application's commit may the job be enqueued.
    with transaction.atomic(using="default"):
        module = Module.objects.create(name="zlib", path="/nowhere")
        enqueue_on_commit(describe, module.id, using="default")
        assert QueueInfo("default", backend_alias="separate").size == 0

    print(f"jobs in the database 'queue':   {Job.objects.using('queue').count()}")
    print(f"jobs in the database 'default': {Job.objects.using('default').count()}")

    with stage.queue_process("--backend", "separate"):
        result = describe.enqueue(module.id)
        stage.wait_for(result)
    print(result.return_value)

    assert (Job.objects.using("queue").count(), Job.objects.using("default").count()) == (2, 0)
    assert result.status == "SUCCESSFUL"


if __name__ == "__main__":
    stage.play(__file__)
