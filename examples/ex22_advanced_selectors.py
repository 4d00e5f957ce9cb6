"""Workers name the queues they serve, in order of preference; a star stands for any ending."""

import stage
from django.tasks import task


@task
def work(name):
    return name


def main():
    results = [
        work.using(queue_name="default", priority=100).enqueue("default, priority 100"),
        work.using(queue_name="email_digest").enqueue("email_digest"),
        work.using(queue_name="email_urgent").enqueue("email_urgent"),
    ]
    report = work.using(queue_name="reports").enqueue("reports")

    # Selectors come first, priorities after: mail is preferred, even to priority 100 in another queue.
    with stage.queue_process(workers=[{"queues": ["email_urgent", "email*", "default"], "threads": 1}]):
        stage.wait_for(*results)
        report.refresh()
        print(f"nobody serves the queue of reports: {report.status}")
        assert report.status == "READY"

    order = [result.return_value for result in sorted(results, key=lambda result: result.started_at)]
    print(f"the others ran in this order: {'; '.join(order)}")
    assert order == ["email_urgent", "email_digest", "default, priority 100"]

    with stage.queue_process(workers=[{"queues": ["reports"]}, {"queues": ["email*"], "processes": 2}]):
        stage.wait_for(report)
    print(f"a process that serves it: {report.status}")


if __name__ == "__main__":
    stage.play(__file__)
