"""What announcing costs: one message for many jobs, and little when Redis is not there."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis, RedisError

from dj_queue.contract import Selector


@pytest.fixture
def heard(server):
    """`heard()` is the next message on the channel."""
    with Redis.from_url(server.url) as client, client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe("dj_queue:default")
        subscription.get_message(timeout=90)

        def next_message():
            while (message := subscription.get_message(timeout=90)) is None:
                pass
            return message["data"]

        yield next_message


def test_a_queue_is_announced_once_for_a_moment(transport, heard):
    wakeup = transport(quiet=3600)
    for queues in (["mail"], ["mail"], ["mail", "news"], ["last"]):
        wakeup.announce(queues)
    assert [heard(), heard(), heard()] == [b"mail", b"news", b"last"]


def test_more_queues_than_fit_are_announced_as_any(transport, heard):
    transport().announce([f"{number}-" + "x" * 100 for number in range(100)])
    assert heard() == b"*"


def test_a_redis_that_hangs_is_given_up(server, transport, wait_until):
    wakeup = transport(announce=0.4, pause=0.0, quiet=0.0)

    def is_announced():
        try:
            wakeup.announce(["mail"])
        except RedisError:
            return False
        return True

    wait_until(is_announced)
    server.freeze()
    assert not is_announced()
    assert not is_announced()  # Nor does a new connection take longer.


@pytest.mark.parametrize("fault", ["kill", "freeze"])
def test_after_a_failure_nothing_is_announced_for_a_while(server, transport, fault):
    wakeup = transport(announce=0.4, pause=3600)
    getattr(server, fault)()
    with pytest.raises(RedisError):
        wakeup.announce(["mail"])
    wakeup.announce(["news"])  # Raises nothing: it is not even tried.


def test_a_redis_that_is_back_is_announced_to(server, transport, listening, wait_until):
    wakeup = transport(pause=0.0, quiet=0.0)
    wakeup.announce(["mail"])
    server.kill()
    with pytest.raises(RedisError):
        wakeup.announce(["mail"])
    server.start()
    ear = listening(transport())
    wait_until(lambda: ear.hints)
    before = ear.hints
    wakeup.announce(["mail"])
    wait_until(lambda: ear.hints > before)


def test_a_connection_that_redis_closed_meanwhile_is_no_error(server, transport, heard, wait_until):
    wakeup = transport(quiet=0.0)
    wakeup.announce(["before"])
    server.ask("CLIENT", "KILL", "TYPE", "normal")
    wait_until(lambda: "cmd=publish" not in server.ask("CLIENT", "LIST"))
    wakeup.announce(["after"])
    assert [heard(), heard()] == [b"before", b"after"]


def test_many_threads_announce_at_once(transport, listening, wait_until):
    wakeup = transport(quiet=0.0)
    ear = listening(wakeup, Selector("last"))
    wait_until(lambda: ear.hints == 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: wakeup.announce([f"queue-{number}"]), range(400)))
    wakeup.announce(["last"])
    wait_until(lambda: ear.hints == 2)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_no_connection_crosses_a_fork(server, transport, heard, wait_until):
    wakeup = transport(quiet=0.0)
    wakeup.announce(["before"])
    child = os.fork()
    if not child:
        try:
            wakeup.announce(["child"])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    wakeup.announce(["after"])
    assert [heard(), heard(), heard()] == [b"before", b"child", b"after"]
    # The child's own connection went with it, the first one is still in use.
    wait_until(lambda: server.ask("CLIENT", "LIST").count("cmd=publish") == 1)
