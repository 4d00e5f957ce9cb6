"""`--reload`: the queue starts again when the project's code changes, by Django's autoreloader."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.apps import apps
from django.utils import autoreload

from dj_queue.exceptions import DjQueueError
from dj_queue.operations.task_sources import is_of_project
from dj_queue.runtime.supervisor import AsyncSupervisor

logger = logging.getLogger("dj_queue.boot")

LOOK_EVERY = 0.5
"""Seconds between looks whether the reloader's parent lives."""
CHANGED = 3
"""The exit code with which Django's autoreloader asks to be started again."""


class Reloading:
    """Runs an embedded supervisor in the process that Django's autoreloader ends and starts again.

    The reloader has the main thread, so that the queue runs in threads. Running jobs get their time to end.
    """

    def __init__(self, make: Callable[[], AsyncSupervisor], config_file: str | None) -> None:
        """Run what `make` gives; watch the project's apps, what they import, and this YAML file."""
        self._make = make
        self._config_file = config_file
        self._supervisor: AsyncSupervisor | None = None
        self._is_ending = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Run until interrupted. Ends this process by SystemExit when code changed."""
        if os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) != "true":
            sys.exit(Restarts().run())
        autoreload.autoreload_started.connect(self._watch)
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            autoreload.run_with_reloader(self._serve)
        finally:
            self._stop()

    def _serve(self) -> None:
        """In a thread of the process that is started again: run the queue for as long as its parent lives."""
        parent = os.getppid()
        try:
            with self._lock:
                self._start()
        except DjQueueError as error:
            logger.error("%s; waiting for the code to change", error)  # noqa: TRY400 - the text says it
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        self._end()

    def _start(self) -> None:
        if not self._is_ending:
            supervisor = self._make()
            supervisor.start()
            self._supervisor = supervisor

    def _watch(self, sender: Any, **kwargs: Any) -> None:
        """Task modules are imported for their first job: until then nothing else would watch them."""
        signal.signal(signal.SIGTERM, self._interrupted)  # in place of the reloader's own, which kills
        for app in apps.get_app_configs():
            folder = Path(app.path).resolve()
            if is_of_project(folder):
                sender.watch_dir(folder, "**/*.py")
        if self._config_file:
            file = Path(self._config_file).resolve()
            sender.watch_dir(file.parent, file.name)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Raises nothing: where a finalizer runs, that would be lost."""
        if self._is_ending and self._supervisor is not None:
            self._supervisor.request_stop_now()
        if not self._is_ending:
            self._is_ending = True
            threading.Thread(target=self._end, name="dj_queue-end").start()

    def _end(self) -> None:
        self._stop()
        os._exit(0)

    def _stop(self) -> None:
        with self._lock:
            if self._supervisor is not None:
                self._supervisor.stop()


class Restarts:
    """The process that stays: it starts the other one again whenever that ended for changed code.

    Django's own kills the other one when it is interrupted itself, whatever runs there.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    def run(self) -> int:
        """Run until the other process ends for good; its exit code."""
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGTERM, self._end)
        environment = {**os.environ, autoreload.DJANGO_AUTORELOAD_ENV: "true"}
        if getattr(sys.stdout, "write_through", False):
            environment["PYTHONUNBUFFERED"] = "1"
        while not self._is_ending:
            command = autoreload.get_child_arguments()
            self._process = subprocess.Popen(command, env=environment, close_fds=False)  # noqa: S603 - its own command
            code = self._process.wait()
            if code != CHANGED:
                return code
        return 0

    def _end(self, number: int, frame: FrameType | None) -> None:
        """A terminal interrupts both processes; a stop request comes here alone, and is passed on."""
        self._is_ending = True
        if number == signal.SIGTERM and self._process is not None:
            self._process.send_signal(number)
