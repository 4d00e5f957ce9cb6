"""Storms of notifications on PostgreSQL, and notifications that fail."""

import time

import pytest
from django.db import connections

from dj_queue import api
from tests.faults import counting, tasks
from tests.faults.conftest import GOOD_TIME
from tests.runtime.where import only_on

pytestmark = [pytest.mark.fault(21), pytest.mark.every_server]

LISTENERS = 20
JOBS = 3000
OPTIONS = f"""
workers: [{{queues: 'stormy', threads: 1, processes: {LISTENERS}}}]
wakeup: [notify]
"""
ONE_WORKER = "workers: [{queues: '*', threads: 1}]\nwakeup: [notify]\n"


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """The folder in which workers that are started from now on count their claims."""
    folder = tmp_path / "claims"
    folder.mkdir()
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.faults.counting")
    monkeypatch.setenv(counting.FOLDER, str(folder))
    return folder


@pytest.fixture
def sleeper(services):
    """Somebody's listener in a transaction that stays open: the server keeps each notification for it."""
    wrapper = connections.create_connection(services.database.alias)
    wrapper.connect()
    with wrapper.cursor() as cursor:
        cursor.execute("LISTEN dj_queue")
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1")
    yield wrapper
    wrapper.close()


@pytest.fixture
def enqueue(on, written):
    """`enqueue(count)` enqueues jobs one by one and writes them down."""

    def make(count):
        task = on(tasks.work, queue_name="stormy")
        with (written.folder / "enqueues").open("a") as file:
            for number in range(count):
                file.write(f"committed {task.enqueue(str(written.folder), number).id}\n")

    return make


@pytest.fixture
def failing_notify(services):
    """Each NOTIFY of dj_queue fails, in connections made from now on and in this one."""
    connection = connections[services.database.alias]
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'too many notifications in the NOTIFY queue'; END $$"
        )
        cursor.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET search_path")
        cursor.execute("DROP FUNCTION public.pg_notify(text, text)")
    connection.close()


@only_on("postgres", "postgres18")
def test_a_storm_of_notifications_is_coalesced(
    services, backend_alias, fleet, counted, sleeper, enqueue, settle, wait_until, hold_to_promises, figures
):
    from dj_queue_postgres.wakeup import QUIET  # its driver is there where its server is

    queue = api.QueueInfo("stormy", backend_alias=backend_alias)
    queue.pause()
    fleet.launch(1, options=OPTIONS)
    wait_until(lambda: len(fleet.pids("worker")) == LISTENERS, GOOD_TIME)
    wait_until(lambda: len(counting.claims(counted)) == LISTENERS, GOOD_TIME)
    before, began = counting.claims(counted), time.monotonic()
    enqueue(JOBS)
    seconds = time.monotonic() - began
    after = counting.claims(counted)
    most = max(after[pid] - before[pid] for pid in after)
    figures.most("claims of an idle listener in the storm", most)
    figures.most("seconds of the storm", seconds)
    # Each listener rings at most twice for what is announced in one quiet time; a poll now and then comes on top.
    assert most <= 2 * (seconds / QUIET + 1) + seconds / 0.1
    queue.resume()
    settle()
    hold_to_promises()


@only_on("postgres", "postgres18")
def test_an_enqueue_does_not_fail_with_its_notification(
    failing_notify, fleet, enqueue, settle, wait_until, hold_to_promises, caplog
):
    fleet.launch(1, options=ONE_WORKER)
    wait_until(lambda: fleet.pids("worker"), GOOD_TIME)
    enqueue(20)
    assert "wakeup notify could not announce: too many notifications" in caplog.text
    settle()
    hold_to_promises()
