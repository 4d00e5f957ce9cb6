"""What tests of whole processes look at: ledgers, logs, rows of processes."""

from pathlib import Path

import pytest


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
