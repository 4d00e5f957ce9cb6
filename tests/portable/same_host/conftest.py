"""Folders of their own for sockets, with paths short enough, and transports that use them."""

import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from dj_queue.contract import parse_selector
from dj_queue.portable.same_host import folder
from dj_queue.portable.same_host.wakeup import SameHostWakeup
from dj_queue.services import services_for
from tests.portable.same_host.processes import KEY


@pytest.fixture
def place():
    """A directory that nobody else uses."""
    path = Path(tempfile.mkdtemp(prefix="dj-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def private(place, monkeypatch):
    """The current user's own folder, not made yet."""
    monkeypatch.setenv("TMPDIR", str(place))
    folder._private.cache_clear()
    yield folder.private_folder()
    folder._private.cache_clear()


@pytest.fixture
def database():
    return services_for("portable").database


@pytest.fixture
def transport(private, database):
    """The transport as it is without options."""
    return SameHostWakeup(database, None)


@pytest.fixture
def listening():
    """`listening(transport, *selectors)` is a listener; it is closed at the end."""
    opened = []

    def listen(transport, *selectors):
        listener = transport.listen([parse_selector(text) for text in selectors or ("*",)])
        opened.append(listener)
        return listener

    yield listen
    for listener in opened:
        if listener is not None:
            listener.close()


@pytest.fixture
def bound():
    """`bound(folder, key)` is a live socket and its path."""
    made = []

    def bind(folder, key=KEY):
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.append(receiver)
        return receiver, folder.bind(receiver, key)

    yield bind
    for receiver in made:
        receiver.close()
