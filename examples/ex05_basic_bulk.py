"""Enqueue a thousand jobs by one call: all of them or, if one is refused, none."""

import stage
from django.tasks import task
from django.tasks.exceptions import InvalidTask

from dj_queue.api import QueueInfo


@task
def square(number):
    return number * number


def main():
    backend = square.get_backend()
    results = backend.enqueue_all([(square, [number], {}) for number in range(1000)])
    print(f"enqueued {len(results)} jobs in one transaction")

    try:
        backend.enqueue_all([(square, [1], {}), (square, [object()], {})])
    except InvalidTask as refusal:
        print(f"one bad call refuses them all: {refusal}")
    assert QueueInfo("default").size == 1000

    with stage.queue_process():
        stage.wait_for(*results)

    total = sum(result.return_value for result in results)
    seconds = (max(r.finished_at for r in results) - min(r.started_at for r in results)).total_seconds()
    print(f"the squares sum up to {total}, in {seconds:.2f} s from the first job to the last")
    assert total == sum(number * number for number in range(1000))


if __name__ == "__main__":
    stage.play(__file__)
