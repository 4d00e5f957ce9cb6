"""A reader who types what a page shows, into a project that begins empty."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.docs.pages import ROOT, Block

TIMEOUT = 180
MOMENT = "# a moment later"
WAITING = """
import time
deadline = time.monotonic() + 90
while not result.is_finished and time.monotonic() < deadline:
    time.sleep(0.05)
    result.refresh()
"""
SHOWN = re.compile(r"^(?P<expression>\S.*?)  # (?P<value>.+)$", re.MULTILINE)
ELSEWHERE = ("python -m venv ", ". ", "python manage.py shell")
"""What the tests have done already, or do in another way: environments, and the shell that blocks are typed into."""


class Reader:
    """Types commands and code in a folder; what runs on is stopped at the end."""

    def __init__(self, folder: Path, files: dict[str, str] | None = None) -> None:
        """Work in `folder`; `files` says where the files that a page names are in this project."""
        self.folder = folder
        self._python = sys.executable
        self._files = files or {}
        self._log = folder / "output.log"
        self._running: list[subprocess.Popen[str]] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DJ_QUEUE_")}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        self._environment = {**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder)}

    def follow(self, blocks: list[Block]) -> None:
        """Do everything that these blocks say, from the first to the last."""
        code: list[str] = []
        for block in blocks:
            if block.language == "bash":
                for line in block.text.splitlines():
                    self.type(line)
            elif block.file:
                self.write(block)
            elif block.language == "python":
                code.append(block.text)
        self.shell("\n".join(code))

    def type(self, line: str) -> None:
        """Run one line of a terminal."""
        words = shlex.split(line, comments=True)
        if not words or line.startswith(ELSEWHERE):
            return
        if words[0] == "pip":
            _require_published(words[-1])
        elif words[0] == "django-admin":
            self.run("-m", "django", *words[1:])
        elif words[1:] == ["manage.py", "dj_queue"]:
            self.start("manage.py", "dj_queue")
        else:
            assert words[0] == "python", f"{line!r} is no line that this test can type"
            self.run(*words[1:])

    def write(self, block: Block) -> None:
        """Add the block to the end of the file that it names."""
        path = self.folder / self._files.get(block.file, block.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"\n\n{block.text}")

    def shell(self, code: str) -> None:
        """Run code in the project's shell; what it shows as `# value` has to be true."""
        code = code.replace(MOMENT, WAITING)
        self.run("manage.py", "shell", "-v0", "-c", SHOWN.sub(claim, code))

    def run(self, *words: str, text: str | None = None) -> str:
        """Run Python with these arguments; what it printed."""
        done = subprocess.run(
            [self._python, *words],
            check=False,
            cwd=self.folder,
            env=self._environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stdout + done.stderr + self._said()
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start Python with these arguments in the background."""
        with self._log.open("a") as log:
            process = subprocess.Popen(
                [self._python, *words],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._running.append(process)
        return process

    def stop(self) -> list[int]:
        """Ask everything that runs to end; the exit codes."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(TIMEOUT) for process in self._running]
        self._running.clear()
        return codes

    def _said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def abandon(self) -> None:
        """End what a failed test left running."""
        for process in self._running:
            process.kill()
            process.wait()


def claim(shown: re.Match[str]) -> str:
    expression, value = shown["expression"], shown["value"]
    return f"_shown = repr({expression}); assert _shown == {value!r}, _shown"


def _require_published(requirement: str) -> None:
    """The requirement names the distribution, its major version, and an extra that there is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = re.fullmatch(r"dj-queue\[(\w+)\]>=(\d+)", requirement)
    assert found, f"{requirement!r} may install the package that had the name before"
    assert found[1] in project["optional-dependencies"]
    assert project["version"].startswith(f"{found[2]}.")
