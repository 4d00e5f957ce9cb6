"""After an error the next statement may be the first of another session: it is prepared like the one before."""

import pytest
from django.db import OperationalError

from dj_queue.config.options import DispatcherOptions
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.dispatcher import Dispatcher
from dj_queue.runtime.supervisor import AsyncSupervisor


@pytest.fixture
def done(services, monkeypatch):
    """What was done, in order."""
    done = []
    monkeypatch.setattr(type(services.dialect), "prepare", lambda dialect: done.append("prepare"))
    return done


def test_a_loop_prepares_again(services, done, monkeypatch):
    placement = Placement()
    dispatcher = Dispatcher(services, DispatcherOptions(), placement)

    def step():
        done.append("step")
        if done.count("step") == 1:
            raise OperationalError
        if done.count("step") == 3:
            dispatcher.stop()
        return 0.0

    monkeypatch.setattr(dispatcher, "step", step)
    dispatcher.run()
    placement.close()
    assert done == ["prepare", "step", "prepare", "step", "step"]


def test_a_supervisor_prepares_again(backend_alias, done, monkeypatch):
    supervisor = AsyncSupervisor(backend_alias, standalone=False)

    def beat():
        done.append("beat")
        if done.count("beat") == 1:
            raise OperationalError

    monkeypatch.setattr(supervisor, "_beat", beat)
    for _ in range(2):
        supervisor._next_try = 0.0
        supervisor.maintain()
    supervisor.deregister()
    assert done == ["prepare", "beat", "prepare", "beat"]
