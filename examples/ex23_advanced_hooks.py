"""Lifecycle hooks: run your own code when workers start, stop and exit. Here the queue runs inside this script."""

import stage
from django.tasks import task

from dj_queue.hooks import on_start, on_worker_exit, on_worker_start, on_worker_stop
from dj_queue.runtime.supervisor import AsyncSupervisor

seen = []


@task
def add(a, b):
    return a + b


def note(moment):
    def hook(process):
        seen.append(moment)
        print(f"{moment}: {process.name}")

    return hook


def main():
    # A project that runs `manage.py dj_queue` does this in AppConfig.ready(); they are decorators, too.
    on_start(note("supervisor starts"))
    on_worker_start(note("worker starts"))
    on_worker_stop(note("worker stops"))
    on_worker_exit(note("worker has ended"))

    supervisor = AsyncSupervisor(standalone=False)  # threads of this process; signals are left to us
    supervisor.start()
    result = add.enqueue(20, 22)
    stage.wait_for(result)
    print(f"a job ran in this process: {result.return_value}")
    supervisor.stop()

    assert result.return_value == 42
    assert "supervisor starts" in seen
    workers = [moment for moment in seen if moment.startswith("worker")]
    assert workers == ["worker starts", "worker stops", "worker has ended"]


if __name__ == "__main__":
    stage.play(__file__)
