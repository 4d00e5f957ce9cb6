"""What a project registers for the lives of processes."""

import subprocess
import sys
import uuid

import pytest

from dj_queue import hooks
from dj_queue.contract import ProcessInfo
from dj_queue.models import Process

PROCESS = ProcessInfo(uuid.uuid4(), "worker", "worker-1", "default", 1, "here")


@pytest.fixture(autouse=True)
def _no_callbacks():
    hooks.clear_hooks()
    yield
    hooks.clear_hooks()


@pytest.mark.parametrize("kind", ["supervisor", "worker", "dispatcher", "scheduler"])
@pytest.mark.parametrize("moment", ["start", "stop", "exit"])
def test_each_event_has_its_own_function(kind, moment):
    heard = []
    prefix = "on" if kind == "supervisor" else f"on_{kind}"
    register = getattr(hooks, f"{prefix}_{moment}")

    @register
    def remember(process):
        heard.append(process)

    hooks.fire_hooks(f"{kind}.{moment}", PROCESS)

    assert heard == [PROCESS]
    assert callable(remember)


def test_a_function_is_registered_directly():
    heard = []

    assert hooks.register_hook("worker.start", heard.append) == heard.append
    hooks.fire_hooks("worker.start", PROCESS)

    assert heard == [PROCESS]


def test_without_a_function_it_is_a_decorator_that_gives_the_function_back():
    heard = []

    @hooks.register_hook("worker.stop")
    def remember(process):
        heard.append(process)

    hooks.fire_hooks("worker.stop", PROCESS)
    remember("by hand")

    assert heard == [PROCESS, "by hand"]


def test_callbacks_run_in_order_of_registration():
    heard = []
    for number in range(5):
        hooks.on_start(lambda process, number=number: heard.append(number))

    hooks.fire_hooks("supervisor.start", PROCESS)

    assert heard == [0, 1, 2, 3, 4]


def test_a_function_registered_twice_runs_once():
    heard = []
    hooks.on_start(heard.append)
    hooks.on_start(heard.append)

    hooks.fire_hooks("supervisor.start", PROCESS)

    assert heard == [PROCESS]


@pytest.mark.parametrize("error", [ValueError("no luck"), SystemExit("no luck")])
def test_a_callback_that_raises_is_logged_by_name_and_the_others_run(error, caplog):
    heard = []

    def unlucky(process):
        raise error

    hooks.on_exit(unlucky)
    hooks.on_exit(heard.append)
    hooks.fire_hooks("supervisor.exit", PROCESS)

    assert heard == [PROCESS]
    assert "no luck" in caplog.text
    assert "unlucky" in caplog.text


def test_ctrl_c_in_a_callback_gets_out():
    def interrupted(process):
        raise KeyboardInterrupt

    hooks.on_start(interrupted)

    with pytest.raises(KeyboardInterrupt):
        hooks.fire_hooks("supervisor.start", PROCESS)


def test_a_callback_may_register_another_for_the_next_time():
    heard = []
    hooks.on_start(lambda process: hooks.on_start(heard.append))

    hooks.fire_hooks("supervisor.start", PROCESS)
    assert heard == []
    hooks.fire_hooks("supervisor.start", PROCESS)
    assert heard == [PROCESS]


@pytest.mark.parametrize(
    "call",
    [
        lambda: hooks.register_hook("worker.started", print),
        lambda: hooks.register_hook("worker.started"),
        lambda: hooks.fire_hooks("worker.started", PROCESS),
        lambda: hooks.clear_hooks("worker.started"),
    ],
)
def test_an_event_that_never_happens_is_refused_with_those_that_do(call):
    with pytest.raises(ValueError, match=r"no event 'worker.started'.*worker.start, worker.stop") as refused:
        call()

    assert all(event in str(refused.value) for event in hooks.EVENTS)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="'announce' cannot be called"):
        hooks.on_start("announce")


def test_an_async_callback_is_refused():
    async def announce(process): ...

    with pytest.raises(TypeError, match="announce is async; a hook is called, not awaited"):
        hooks.on_start(announce)


def test_one_event_is_cleared_by_itself():
    heard = []
    hooks.on_start(heard.append)
    hooks.on_stop(heard.append)

    hooks.clear_hooks("supervisor.start")
    hooks.fire_hooks("supervisor.start", PROCESS)
    hooks.fire_hooks("supervisor.stop", PROCESS)

    assert heard == [PROCESS]


def test_importing_it_needs_no_settings_and_nothing_of_the_runtime():
    code = (
        "import sys, dj_queue.hooks\n"
        "heavy = {'django.db', 'dj_queue.services', 'dj_queue.models', 'dj_queue.runtime'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("mode", ["fork", "async"])
@pytest.mark.parametrize("backend_alias", ["default"], indirect=True)
def test_each_process_runs_the_hooks_of_its_own_life_once(
    queue_process, wait_until, services, tmp_path, monkeypatch, mode
):
    path = tmp_path / "hooks"
    monkeypatch.setenv("DJ_QUEUE_TEST_LEDGER", str(path))
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.project.witness")
    kinds = ["supervisor", "worker", "dispatcher", "scheduler"]
    process = queue_process("--mode", mode, options="scheduler: {dynamic_tasks_enabled: true}")
    rows = Process.objects.using(services.database.alias)
    wait_until(lambda: rows.count() == len(kinds))
    process.terminate()
    assert process.wait(60) == 0
    lines = [line.split() for line in path.read_text().splitlines()]
    assert all(described == actual for _, _, described, actual in lines)
    for kind in kinds:
        assert [event for event, of_kind, *_ in lines if of_kind == kind] == [
            f"{kind}.{moment}" for moment in ("start", "stop", "exit")
        ]
    pids = {kind: {pid for _, of_kind, pid, _ in lines if of_kind == kind} for kind in kinds}
    assert pids["supervisor"] == {str(process.pid)}
    assert len(set().union(*pids.values())) == (len(kinds) if mode == "fork" else 1)
