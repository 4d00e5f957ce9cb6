"""Every dialect that is shipped keeps the contract."""

from contextlib import contextmanager

import pytest

from dj_queue.testing.conformance import *

pytestmark = pytest.mark.every_server


@pytest.fixture
def connection_breaker(services, tmp_path, monkeypatch):
    """A file has no server that could go away; it is lost when its folder is."""

    @contextmanager
    def without_folder(connection):
        connection.close()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "NAME", tmp_path / "gone" / "queue.sqlite3")
            yield

    return without_folder if services.database.vendor == "sqlite" else closed_beneath
