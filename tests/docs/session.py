"""A shell in a project that stays open: both ends, the one that types blocks of pages and the one that runs them."""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

SERVE = "from tests.docs.session import serve\nserve()"


class Session:
    """`manage.py shell` in a process of its own; names live from one piece of code to the next."""

    def __init__(self, python: Path | str, folder: Path, environment: dict[str, str]) -> None:
        """Open it in the project in `folder`, with this interpreter."""
        self._said = (folder / "session.log").open("a+")
        self._process = subprocess.Popen(
            [python, "manage.py", "shell", "-v0", "-c", SERVE],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def run(self, code: str, origin: str = "shell") -> list[str]:
        """Run code, and then every job that is due; the tracebacks of jobs that failed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"code": code, "origin": origin}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the shell ended: {self._printed()}"
        answer = json.loads(line)
        assert answer["error"] is None, answer["error"] + self._printed()
        return answer["failed"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            self._said.close()

    def _printed(self) -> str:
        self._said.seek(0)
        return self._said.read()[-4000:]


def serve() -> None:
    """Run each piece of code that comes in a line, and answer with a line."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what blocks print is no answer
    names = {"__name__": "__main__"}
    for line in sys.stdin:
        answer = {"error": None, "failed": []}
        try:
            answer["failed"] = _run(names, **json.loads(line))
        except BaseException:
            answer["error"] = traceback.format_exc()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _run(names: dict[str, object], code: str, origin: str) -> list[str]:
    from dj_queue.testing import run_jobs

    exec(compile(code, origin, "exec"), names)
    return [f"{run.task_path}: {run.error}" for run in run_jobs() if run.status == "failed"]
