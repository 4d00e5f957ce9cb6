"""In one queue, jobs of a higher priority run first; equal ones run in the order they came."""

import stage
from django.tasks import task


@task(queue_name="email")
def deliver(what):
    return what


def main():
    # -100 to 100; 0 unless you say so. All of these wait before a worker is there.
    results = [
        deliver.using(priority=-5).enqueue("newsletter"),
        deliver.enqueue("welcome, Ada"),
        deliver.enqueue("welcome, Grace"),
        deliver.using(priority=10).enqueue("password reset"),
    ]
    print(f"enqueued: {[result.args[0] for result in results]}")

    with stage.queue_process(workers=[{"queues": ["email"], "threads": 1}]):
        stage.wait_for(*results)

    order = [result.return_value for result in sorted(results, key=lambda result: result.started_at)]
    print(f"ran:      {order}")
    assert order == ["password reset", "welcome, Ada", "welcome, Grace", "newsletter"]


if __name__ == "__main__":
    stage.play(__file__)
