"""The fixture `dj_queue`: there for everyone who has pytest, and of no weight for those who do not use it."""

import subprocess
import sys

from tests.project import tasks


def test_the_fixture_runs_and_finds_jobs(dj_queue, on, backend_alias):
    on(tasks.add).enqueue(1, 2)
    (run,) = dj_queue.run_jobs(backend_alias=backend_alias)
    assert dj_queue.assert_enqueued(on(tasks.add), args=[1, 2]).id == run.id
    dj_queue.assert_not_enqueued(on(tasks.nap))


def test_a_run_without_django_is_not_bothered(tmp_path):
    (tmp_path / "test_alone.py").write_text(
        "import sys\n\ndef test_alone():\n    assert 'django' not in sys.modules\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", tmp_path]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    assert done.returncode == 0, done.stdout + done.stderr
