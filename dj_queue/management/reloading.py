"""`--reload`: the queue starts again when the project's code changes, by Django's autoreloader."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.utils import autoreload

from dj_queue.exceptions import DjQueueError
from dj_queue.operations.task_sources import is_of_project
from dj_queue.runtime.supervisor import AsyncSupervisor

logger = logging.getLogger("dj_queue.boot")


class Reloading:
    """Runs an embedded supervisor in the process that Django's autoreloader ends and starts again.

    The reloader has the main thread, so that the queue runs in threads. Running jobs get their time to end.
    """

    def __init__(self, make: Callable[[], AsyncSupervisor], config_file: str | None) -> None:
        """Run what `make` gives; watch the project's apps, what they import, and this YAML file."""
        self._make = make
        self._config_file = config_file
        self._supervisor: AsyncSupervisor | None = None

    def run(self) -> None:
        """Run until interrupted. Ends this process by SystemExit when code changed."""
        autoreload.autoreload_started.connect(self._watch)
        try:
            autoreload.run_with_reloader(self._start)
        finally:
            if self._supervisor is not None:
                self._supervisor.stop()

    def _start(self) -> None:
        try:
            supervisor = self._make()
            supervisor.start()
        except DjQueueError as error:
            logger.error("%s; waiting for the code to change", error)  # noqa: TRY400 - the text says it
            return
        self._supervisor = supervisor

    def _watch(self, sender: Any, **kwargs: Any) -> None:
        """Task modules are imported for their first job: until then nothing else would watch them."""
        for app in apps.get_app_configs():
            folder = Path(app.path).resolve()
            if is_of_project(folder):
                sender.watch_dir(folder, "**/*.py")
        if self._config_file:
            file = Path(self._config_file).resolve()
            sender.watch_dir(file.parent, file.name)
