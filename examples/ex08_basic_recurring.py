"""Recurring tasks: some stand in the settings, others are made and removed while all runs."""

import stage
from django.conf import settings
from django.tasks import task

from dj_queue.api import schedule_recurring_task, unschedule_recurring_task

LEDGER = settings.FOLDER / "ledger.txt"

# What TASKS["default"]["OPTIONS"] would hold.
OPTIONS = {
    "recurring": {
        "clean": {
            "task_path": "ex08_basic_recurring.note",
            "schedule": "*/2 * * * * *",  # six fields: every second second. Five fields, as in cron, work too
            "args": ["clean"],
            "description": "clean up, from the settings",
        },
    },
    "scheduler": {"dynamic_tasks_enabled": True, "polling_interval": 0.5},
}


@task
def note(what):
    with LEDGER.open("a") as ledger:
        ledger.write(f"{what}\n")


def main():
    LEDGER.touch()
    with stage.queue_process(**OPTIONS):
        schedule_recurring_task(
            key="report_of_tenant_42",
            task_path="ex08_basic_recurring.note",
            schedule="* * * * * *",
            args=["report"],
        )
        stage.wait_until(lambda: {"clean", "report"} <= set(LEDGER.read_text().split()))
        removed = unschedule_recurring_task("report_of_tenant_42")

    fired = LEDGER.read_text().split()
    print(f"fired, in this order: {', '.join(fired)}")
    print(f"removed {removed} recurring task that was made at run time")
    assert removed == 1


if __name__ == "__main__":
    stage.play(__file__)
