"""Jobs and transactions: no job for rows that were never committed."""

import stage
from django.db import transaction
from django.tasks import task
from library.models import Module

from dj_queue.api import QueueInfo, enqueue_on_commit


@task
def greet(module_id):
    return f"welcome, {Module.objects.get(id=module_id).name}"


def save(name):
    module = Module.objects.create(name=name, path=f"/nowhere/{name}.py")
    result = greet.enqueue(module.id)  # joins the transaction, when the queue is in the same database
    enqueue_on_commit(greet, module.id)  # right wherever the queue is
    if name.startswith("_"):
        raise ValueError("private modules are not wanted")
    return result


def main():
    waiting = QueueInfo("default")

    try:
        with transaction.atomic():
            save("_ast")
    except ValueError as error:
        print(f"rolled back: {error}; {Module.objects.count()} rows, {waiting.size} jobs")
    assert waiting.size == 0

    with transaction.atomic():
        result = save("json")
        print(f"before the commit: {waiting.size} job, seen by nobody else")
    print(f"after the commit:  {waiting.size} jobs")
    assert waiting.size == 2

    with stage.queue_process():
        stage.wait_for(result)
    print(f"the job found its row: {result.return_value}")
    assert result.return_value == "welcome, json"


if __name__ == "__main__":
    stage.play(__file__)
