"""Ask a queue how it is: one line for a probe, and numbers for a monitor."""

import stage
from django.core.management import CommandError, call_command
from django.tasks import task

from dj_queue.api import QueueInfo, metrics


@task(queue_name="reports")
def report(day):
    return day


def processes():
    """How many of each kind have registered."""
    samples = [sample for sample in metrics() if sample.name == "dj_queue_runner_processes_by_kind"]
    return {sample.labels["kind"]: int(sample.value) for sample in samples}


def main():
    QueueInfo("reports").pause()
    for day in range(5):
        report.enqueue(day)

    with stage.queue_process(workers=[{"processes": 2}]):
        stage.wait_until(lambda: processes() == {"supervisor": 1, "worker": 2, "dispatcher": 1})
        call_command("dj_queue_health")  # manage.py dj_queue_health: prints a line, exit code 0
        for sample in metrics():
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            print(f"  {sample.name}{{{labels}}} {sample.value:g}")
        waiting = [sample.value for sample in metrics() if sample.name == "dj_queue_queue_jobs"]

    try:
        call_command("dj_queue_health")
    except CommandError as reason:
        print(f"after the stop: exit code {reason.returncode}, {reason}")
    else:
        raise AssertionError("nobody works, and the health command did not notice")
    assert waiting == [5]


if __name__ == "__main__":
    stage.play(__file__)
