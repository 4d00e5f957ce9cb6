"""A job that fails keeps its traceback; once the cause is mended, run it again, or discard it."""

import stage
from django.conf import settings
from django.tasks import task

from dj_queue.api import discard_failed_job, retry_failed_job

PRICES = settings.FOLDER / "prices.txt"


@task
def sum_prices():
    return sum(int(price) for price in PRICES.read_text().split())


def main():
    with stage.queue_process():
        first, second = sum_prices.enqueue(), sum_prices.enqueue()
        stage.wait_for(first, second)

        print(f"{first.status}: {first.errors[0].exception_class_path}. Stored with the job:\n")
        print(first.errors[0].traceback)
        assert "FileNotFoundError" in first.errors[0].traceback

        PRICES.write_text("3 4 5")
        retry_failed_job(first.id)  # the admin has a button for it
        first.refresh()  # READY again
        stage.wait_for(first)
        print(
            f"retried with the file in place: {first.status}, {first.return_value}, {first.attempts} attempts"
        )

    discard_failed_job(second.id)
    second.refresh()
    print(f"the other one was discarded: {second.errors[-1].exception_class_path}")
    assert (first.return_value, first.attempts) == (12, 2)


if __name__ == "__main__":
    stage.play(__file__)
