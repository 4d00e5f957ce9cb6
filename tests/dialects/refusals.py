"""What tests of a server's refusals share: the tables, whether a connection still answers, a queue without its driver."""

import os
import subprocess
import sys

from dj_queue.models import TABLES
from tests.conftest import ROOT

GOOD_TIME = 120
TABLE_NAMES = [model._meta.db_table for model in TABLES]


def answers(connection):
    """Whether the connection, or the transaction it is in, can be used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def last_word_without(modules, backend_alias, folder):
    """The last line of a queue that cannot import these modules, and ends with code 1."""
    blocked = ", ".join(f"{name}=None" for name in modules)
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules.update({blocked})\n")
    run = subprocess.run(
        [sys.executable, ROOT / "tests/project/manage.py", "dj_queue", "--backend", backend_alias],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=GOOD_TIME,
        check=False,
    )
    assert run.returncode == 1
    return run.stderr.splitlines()[-1]
