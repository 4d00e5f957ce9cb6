"""A failover that leaves the queue on a server that takes no writes, until there is one that does."""

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connections

from tests.project import tasks

GOOD_TIME = 120
NO_WRITES = "in a read-only transaction"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Switch:
    """How writes are refused, to all but the connection that says so, and allowed again."""

    off: tuple[str, ...]
    on: tuple[str, ...]


# New connections only: those made meanwhile refuse writes for good.
OF_THE_DATABASE = Switch(
    off=(
        "ALTER DATABASE {database} SET default_transaction_read_only = on",
        f"SELECT pg_terminate_backend(pid) {OTHERS}",
    ),
    on=("ALTER DATABASE {database} RESET default_transaction_read_only",),
)
# The connections that there are, and for all databases: on a server of the test's own.
OF_THE_SERVER = Switch(
    off=(
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM SET default_transaction_read_only = on",
        "SELECT pg_reload_conf()",
    ),
    on=("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"),
)
CASES = [
    pytest.param(alias, switch, id=f"{alias}-{name}")
    for alias, name, switch in (
        ("postgres", "database", OF_THE_DATABASE),
        ("postgres", "server", OF_THE_SERVER),
        ("postgres18", "database", OF_THE_DATABASE),
    )
    if alias in settings.TASKS
]


@pytest.fixture
def switch(request):
    """The switch of this test, and for one of a whole server that server."""
    if request.param is OF_THE_SERVER:
        request.getfixturevalue("server")
    return request.param


@pytest.fixture
def writes(services, switch):
    """`writes("off")` and `writes("on")`; on again at the end."""
    connection = connections[services.database.alias]

    def turn(way):
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            for statement in getattr(switch, way):
                cursor.execute(statement.format(database=name))

    yield turn
    turn("on")


@pytest.mark.fault(23)
@pytest.mark.every_server
@pytest.mark.parametrize("mode", ["fork", "async"])
@pytest.mark.parametrize(("backend_alias", "switch"), CASES, indirect=True)
def test_a_server_that_takes_no_writes_is_left_for_one_that_does(
    on, queue_process, wait_until, ledger, processes, all_finished, log_of, writes, mode
):
    held = [on(tasks.hold).enqueue(ledger.folder, "thread"), on(tasks.ahold).enqueue(ledger.folder, "loop")]
    # A worker that nobody vouches for claims nothing, and so is refused nothing.
    process = queue_process("--mode", mode, options=f"process_alive_threshold: {GOOD_TIME}")
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    before = {p.id for p in processes("worker")}
    writes("off")
    ledger.let_go()
    for where in ("worker.loop", "worker.record", "supervisor.maintenance"):
        wait_until(lambda where=where: refused(log_of(process), where), GOOD_TIME)
    # Of each loop only the first error is told, of the connection that ended perhaps; who comes now has none.
    late = queue_process("--mode", mode)
    wait_until(lambda: NO_WRITES in log_of(late), GOOD_TIME)
    after = on(tasks.add).enqueue(1, 1)
    writes("on")
    wait_until(lambda: all_finished([*held, after]), GOOD_TIME)
    assert [(result.status, result.attempts) for result in [*held, after]] == [("SUCCESSFUL", 1)] * 3
    wait_until(lambda: len(processes("worker")) == 2, GOOD_TIME)
    assert [node.poll() for node in (process, late)] == [None, None]
    assert before < {p.id for p in processes("worker")}


def refused(log, where):
    return [line for line in log.splitlines() if f"{where} failed" in line]
