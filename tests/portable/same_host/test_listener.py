"""A listener hears what it selects, survives whatever arrives, and is found again after its file was removed."""

import secrets
import socket
import threading

import pytest

from dj_queue.portable.same_host.listener import MOST_AT_ONCE
from dj_queue.portable.same_host.message import MOST_BYTES
from tests.portable.same_host.processes import in_fork

LONG = 30


def send(listener, *datagrams):
    """What somebody else sends; as much as there is room for."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(0)
        for datagram in datagrams:
            try:
                sender.sendto(datagram, str(listener._path))
            except BlockingIOError:
                return


def test_hints_are_for_selected_queues_alone(transport, listening):
    listener = listening(transport, "mail*", "default")
    transport.announce(["other"])
    assert not listener.wait(0)
    for queues in (["default"], ["mail_low", "other"], ["mail"]):
        transport.announce(queues)
        assert listener.wait(0)
        assert not listener.wait(0)


def test_a_burst_is_one_hint_and_its_last_announcement_is_in_it(transport, listening):
    listener = listening(transport, "mail")
    for _ in range(5):
        transport.announce(["mail"])
    assert listener.wait(0)
    assert not listener.wait(0)
    transport.announce(["other"])
    transport.announce(["mail"])
    assert listener.wait(0)


def test_what_is_turned_away_by_a_full_socket_is_hinted_at_all_the_same(transport, listening):
    listener = listening(transport, "mail")
    for _ in range(1000):
        transport.announce(["other"])
    transport.announce(["mail"])
    assert listener.wait(0)
    while listener.wait(0):
        pass
    transport.announce(["mail"])
    assert listener.wait(0)


@pytest.mark.parametrize(
    "datagrams",
    [
        [b""],
        [b"\0\xff\xfe\n\n\n"],
        [secrets.token_bytes(MOST_BYTES * 20)],
        [b"\xed\xa0\x80"],
        [b"../../etc/passwd\nos.system"],
        [secrets.token_bytes(50) for _ in range(MOST_AT_ONCE)],
    ],
)
def test_nonsense_from_strangers_is_harmless(transport, listening, datagrams):
    listener = listening(transport, "mail")
    send(listener, *datagrams)
    while listener.wait(0):
        pass
    transport.announce(["mail"])
    assert listener.wait(0)


def test_close_ends_the_wait_of_another_thread_and_leaves_no_file(transport, listening, private):
    listener = listening(transport)
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(listener.wait(LONG)))
    waiter.start()
    listener.close()
    listener.close()
    waiter.join(LONG)
    assert answers == [False]
    assert listener.wait(0) is False
    assert not list(private.path.iterdir())


def test_a_listener_whose_file_was_cleaned_up_is_found_again_and_says_to_look(transport, listening, private):
    listener = listening(transport, "mail")
    for path in private.path.iterdir():
        path.unlink()
    private.path.rmdir()
    transport.announce(["mail"])
    assert listener.wait(0)
    assert not listener.wait(0)
    transport.announce(["mail"])
    assert listener.wait(0)


def test_a_listener_that_cannot_come_back_says_why(transport, listening, private):
    listener = listening(transport, "mail")
    for path in private.path.iterdir():
        path.unlink()
    private.path.chmod(0o777)
    with pytest.raises(PermissionError, match=str(private.path)):
        listener.wait(0)
    private.path.chmod(0o700)
    assert listener.wait(0)


def test_a_fork_of_a_listening_process_leaves_its_socket_alone(transport, listening):
    listener = listening(transport, "mail")
    assert in_fork(listener.close) == 0
    assert listener._path.is_socket()
    transport.announce(["mail"])
    assert listener.wait(0)


def test_a_fork_of_an_announcing_process_announces_too(transport, listening):
    listener = listening(transport, "mail")
    transport.announce(["mail"])
    assert listener.wait(0)
    assert in_fork(lambda: transport.announce(["mail"])) == 0
    assert listener.wait(0)
