"""Enqueue a job, let the queue process run it, read its result back."""

import stage
from django.tasks import task


@task
def add(a, b):
    return a + b


def main():
    result = add.enqueue(3, 7)
    print(f"enqueued {result.id}: {result.status}")

    # In a project this is a terminal of its own: python manage.py dj_queue
    with stage.queue_process():
        stage.wait_for(result)

    print(f"finished: {result.status}, 3 + 7 = {result.return_value}")
    assert result.return_value == 10


if __name__ == "__main__":
    stage.play(__file__)
