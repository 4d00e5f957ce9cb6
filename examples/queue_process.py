"""A real `manage.py dj_queue` of the example site, started and stopped by the script that shows it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

MANAGE = Path(__file__).resolve().parent / "project" / "manage.py"
PATIENCE = 30.0
"""Seconds that a graceful end may take."""


class QueueProcessFailed(Exception):
    """The queue process ended when it should not, or not as it should."""


class QueueProcess:
    """One queue process, in a session of its own: Ctrl-C reaches the script, which then stops it in order."""

    def __init__(self, log: IO[bytes], *arguments: str) -> None:
        """Start it with these arguments of `manage.py dj_queue`; it writes to `log`, an open file."""
        self.log = Path(log.name)
        self._process = subprocess.Popen(
            [sys.executable, str(MANAGE), "dj_queue", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def require_running(self) -> None:
        """Make sure that it runs.

        Raises:
            QueueProcessFailed: it has ended.
        """
        code = self._process.poll()
        if code is not None:
            raise QueueProcessFailed(f"the queue process ended by itself, with exit code {code}")

    def stop_in_order(self) -> None:
        """Stop it, and make sure that it ends well.

        Raises:
            QueueProcessFailed: it did not.
        """
        code = self.stop()
        if code != 0:
            raise QueueProcessFailed(f"the queue process was asked to stop and ended with exit code {code}")

    def stop(self) -> int:
        """Ask it to stop (SIGTERM), wait until it has, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        text = self.log.read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:])
