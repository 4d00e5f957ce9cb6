"""Enqueue a job now that is to run later."""

from datetime import UTC, datetime, timedelta

import stage
from django.tasks import task


@task
def send_digest(period):
    return f"the {period} digest is out"


def main():
    later = datetime.now(UTC) + timedelta(seconds=1.5)
    scheduled = send_digest.using(run_after=later).enqueue("daily")
    at_once = send_digest.enqueue("extra")
    print(f"it is {datetime.now(UTC):%H:%M:%S.%f}, scheduled for {later:%H:%M:%S.%f}")

    with stage.queue_process():
        stage.wait_for(at_once, scheduled)

    for result in (at_once, scheduled):
        print(f"{result.started_at:%H:%M:%S.%f}  {result.return_value}")
    assert scheduled.started_at >= later


if __name__ == "__main__":
    stage.play(__file__)
