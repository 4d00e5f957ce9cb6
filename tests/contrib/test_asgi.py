"""The queue inside a real uvicorn, around applications that do and do not know lifespan events."""

import asyncio
import signal

import pytest

from dj_queue.contrib.asgi import DjQueueLifespan
from tests.project import tasks
from tests.runtime.where import only_on_one

GOOD_TIME = 120
ENDED = (0, -signal.SIGTERM)


def serve(application):
    return ("uvicorn", f"tests.project.asgi:{application}", "--port", "PORT", "--lifespan", "on")


@only_on_one("default")
def test_around_djangos_application_the_queue_lives_as_long_as_the_server(
    on, server, wait_until, ledger, processes
):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    process = server(*serve("application"))
    wait_until(ledger.started, GOOD_TIME)
    (supervisor,) = wait_until(lambda: processes("supervisor"), GOOD_TIME)
    assert (supervisor.pid, processes("worker")[0].pid) == (process.pid, process.pid)
    process.terminate()
    ledger.let_go()
    assert process.wait(GOOD_TIME) in ENDED
    result.refresh()
    assert (result.status, result.attempts) == ("SUCCESSFUL", 1)
    assert processes("supervisor") == processes("worker") == processes("dispatcher") == []


@only_on_one("postgres")
def test_an_application_with_a_lifespan_starts_before_the_queue_and_ends_after_it(
    on, server, wait_until, ledger, processes, tmp_path, monkeypatch
):
    events = tmp_path / "events"
    monkeypatch.setenv("DJ_QUEUE_TEST_LEDGER", str(events))
    on(tasks.hold).enqueue(ledger.folder, "held")
    process = server(*serve("aware_application"))
    wait_until(ledger.started, GOOD_TIME)
    assert len(processes("worker")) == 1
    ledger.let_go()
    process.terminate()
    assert process.wait(GOOD_TIME) in ENDED
    assert events.read_text().splitlines() == ["lifespan.startup 0", "lifespan.shutdown 0"]


class Conversation:
    """A server's side of one lifespan, until the application has answered all it was told."""

    def __init__(self, *events):
        self.events = [{"type": event} for event in events]
        self.answers = []

    def run(self, application):
        async def receive():
            return self.events.pop(0) if self.events else await asyncio.Event().wait()

        async def send(message):
            self.answers.append(message)

        asyncio.run(application({"type": "lifespan"}, receive, send))
        return self.answers


async def failing(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no cache"})
    raise RuntimeError("no cache")


async def silent(scope, receive, send):
    await receive()


async def refusing(scope, receive, send):
    raise ValueError("only HTTP")


def test_an_application_that_cannot_start_keeps_the_queue_from_starting(processes, backend_alias):
    application = DjQueueLifespan(failing, backend_alias=backend_alias)
    answers = Conversation("lifespan.startup", "lifespan.shutdown").run(application)
    assert answers[0] == {"type": "lifespan.startup.failed", "message": "no cache"}
    assert application.supervisor is None
    assert processes("supervisor") == []


@pytest.mark.parametrize("wrapped", [silent, refusing])
@only_on_one("default")
def test_an_application_that_refuses_lifespan_events_is_left_alone(backend_alias, wrapped):
    application = DjQueueLifespan(wrapped, backend_alias=backend_alias)
    answers = Conversation("lifespan.startup", "lifespan.shutdown").run(application)
    assert [answer["type"] for answer in answers] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@only_on_one("default")
def test_a_queue_that_cannot_start_is_the_answer_of_the_startup(backend_alias):
    application = DjQueueLifespan(silent, backend_alias="no such alias")
    (answer, _) = Conversation("lifespan.startup", "lifespan.shutdown").run(application)
    assert answer["type"] == "lifespan.startup.failed"
    assert "no such alias" in answer["message"]


@only_on_one("default")
def test_lifespan_events_can_end_at_the_wrapper(backend_alias):
    told = []

    async def listening(scope, receive, send):
        told.append(await receive())

    application = DjQueueLifespan(listening, backend_alias=backend_alias, forward_wrapped_lifespan=False)
    Conversation("lifespan.startup", "lifespan.shutdown").run(application)
    assert told == []


@only_on_one("default")
def test_other_scopes_go_to_the_wrapped_application(backend_alias):
    seen = []

    async def application(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(DjQueueLifespan(application, backend_alias=backend_alias)({"type": "http"}, None, None))
    assert seen == ["http"]
