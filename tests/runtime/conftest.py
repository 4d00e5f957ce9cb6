"""What tests of whole processes look at: ledgers, logs, rows of processes."""

from pathlib import Path

import pytest

from dj_queue.models import Process
from tests.runtime.ledger import Ledger


@pytest.fixture
def ledger(tmp_path):
    """Where jobs write that they start and end."""
    return Ledger(tmp_path)


@pytest.fixture
def processes(services):
    """`processes(kind)` are the registered processes of one kind, oldest first."""
    rows = Process.objects.using(services.database.alias)
    return lambda kind: list(rows.filter(kind=kind).order_by("started_at"))


@pytest.fixture
def all_finished():
    """`all_finished(results)`: whether each of them ended, read afresh."""

    def look(results):
        for result in results:
            result.refresh()
        return all(result.is_finished for result in results)

    return look


@pytest.fixture
def is_alive():
    """`is_alive(pid)`: whether there is such a process, a zombie not counted."""

    def look(pid):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

    return look
