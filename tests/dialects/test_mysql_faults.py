"""What MySQL and MariaDB refuse is said once and clearly, breaks nothing else, and loses no job."""

import os
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import DataError, OperationalError, connections, transaction
from django.tasks.exceptions import InvalidTask

from dj_queue.contract import Status
from tests.dialects.refusals import GOOD_TIME, TABLE_NAMES, answers, last_word_without
from tests.project import tasks
from tests.runtime.where import only_on

SERVERS = ("mysql", "mysql9", "mariadb11")
OWN_SERVERS = SERVERS[1:]
"""Those whose configuration a test may change."""
pytestmark = pytest.mark.every_server

PASSWORD = "of-this-run"
HALF_A_MIB = 512 * 1024


@pytest.fixture
def admin(services):
    """`admin(statement)` runs it as who may everything, and returns its first row."""
    connection = connections[services.database.alias].copy()

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()

    with closing(connection):
        yield run


@pytest.fixture
def user(services, admin):
    """A user of its own that may read the queue's tables and nothing more."""
    name = f"djq_{os.getpid()}"
    admin(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'")
    admin(f"GRANT SELECT ON {settings.DATABASES[services.database.alias]['NAME']}.* TO '{name}'@'%'")
    yield name
    admin(f"DROP USER '{name}'@'%'")


@pytest.fixture
def grant(services, admin, user):
    """`grant(privileges)` gives them to the user on every table of the queue."""
    database = settings.DATABASES[services.database.alias]["NAME"]

    def give(privileges):
        for table in TABLE_NAMES:
            admin(f"GRANT {privileges} ON {database}.{table} TO '{user}'@'%'")

    return give


@pytest.fixture
def as_user(services, user, monkeypatch):
    """This thread's connection, and those of processes started from here, are the user's."""
    alias = services.database.alias
    connection = connections[alias]
    urls = {"mysql": os.environ["DJ_QUEUE_TEST_MYSQL_URL"], **settings.MORE_SERVERS}
    url = urlsplit(urls[alias])
    urls[alias] = url._replace(netloc=f"{user}:{PASSWORD}@{url.netloc.rpartition('@')[2]}").geturl()
    more = " ".join(f"{name}={url}" for name, url in urls.items() if name in settings.MORE_SERVERS)
    with monkeypatch.context() as patch:
        patch.setenv("DJ_QUEUE_TEST_MYSQL_URL", urls["mysql"])
        patch.setenv("DJ_QUEUE_TEST_MORE_SERVERS", more)
        patch.setitem(connection.settings_dict, "USER", user)
        patch.setitem(connection.settings_dict, "PASSWORD", PASSWORD)
        connection.close()
        yield connection
        connection.close()


@pytest.fixture
def small_packets(services, admin):
    """The server takes statements of half a MiB at most."""
    (usual,) = admin("SELECT @@GLOBAL.max_allowed_packet")
    admin(f"SET GLOBAL max_allowed_packet = {HALF_A_MIB}")
    connections[services.database.alias].close()
    yield
    admin(f"SET GLOBAL max_allowed_packet = {usual}")
    connections[services.database.alias].close()


@only_on(*SERVERS)
def test_an_enqueue_without_privileges_names_the_table_and_leaves_the_transaction_usable(on, jobs, as_user):
    with pytest.raises(OperationalError, match=r"INSERT command denied to user .* for table .*dj_queue_job"):
        on(tasks.add).enqueue(1, 1)
    with transaction.atomic(using=as_user.alias):
        with pytest.raises(OperationalError, match="INSERT command denied"):
            on(tasks.add).enqueue(1, 1)
        assert answers(as_user)
    assert jobs.count() == 0


@only_on(*SERVERS)
def test_one_message_names_missing_privileges_and_its_hint_grants_them(services, admin, as_user, user):
    database = as_user.settings_dict["NAME"]
    admin(f"GRANT INSERT, DELETE ON {database}.dj_queue_job TO '{user}'@'%'")
    errors = [message for message in services.dialect.startup_messages() if message.level == "error"]
    assert [message.id for message in errors] == ["dj_queue_mysql.E001"]
    assert "UPDATE on dj_queue_job; INSERT, UPDATE, DELETE on dj_queue_pause;" in errors[0].text
    for statement in errors[0].hint.partition(": ")[2].split("; "):
        admin(statement)
    as_user.close()
    assert [message for message in services.dialect.startup_messages() if message.level == "error"] == []


@only_on("mysql")
def test_a_process_without_privileges_says_so_at_its_start_and_works_once_it_has_them(
    on, grant, jobs, request, queue_process, wait_until, log_of
):
    job = on(tasks.add).enqueue(1, 2)
    request.getfixturevalue("as_user")
    process = queue_process()
    wait_until(lambda: "lacks privileges that the queue's processes need" in log_of(process), GOOD_TIME)
    assert process.poll() is None
    grant("SELECT, INSERT, UPDATE, DELETE")
    wait_until(lambda: jobs.filter(id=job.id, status=Status.SUCCESSFUL, attempts=1).exists(), GOOD_TIME)


@only_on("mysql")
def test_a_process_waits_for_a_free_connection_and_loses_no_attempt(
    on, admin, grant, jobs, user, request, queue_process, wait_until, log_of
):
    grant("SELECT, INSERT, UPDATE, DELETE")
    job = on(tasks.add).enqueue(1, 2)
    # Enough for the supervisor and for this test, not for all children.
    admin(f"ALTER USER '{user}'@'%' WITH MAX_USER_CONNECTIONS 2")
    request.getfixturevalue("as_user")
    process = queue_process()
    wait_until(lambda: "max_user_connections" in log_of(process), GOOD_TIME)
    assert process.poll() is None
    admin(f"ALTER USER '{user}'@'%' WITH MAX_USER_CONNECTIONS 0")
    wait_until(lambda: jobs.filter(id=job.id, status=Status.SUCCESSFUL, attempts=1).exists(), GOOD_TIME)
    assert "Traceback" not in log_of(process)


@only_on(*SERVERS)
def test_an_enqueue_without_a_free_connection_says_so_and_the_next_one_works(
    services, on, admin, grant, user, as_user, wait_until
):
    grant("INSERT")
    admin(f"ALTER USER '{user}'@'%' WITH MAX_USER_CONNECTIONS 1")
    other = as_user.copy()
    with closing(other):
        other.ensure_connection()
        with pytest.raises(OperationalError, match="max_user_connections") as caught:
            on(tasks.add).enqueue(1, 1)
        assert services.dialect.is_connection_loss(caught.value)
        assert not services.dialect.is_transient(caught.value)
    # A server notices a little later that a client has left.
    sessions = f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{user}'"
    wait_until(lambda: admin(sessions) == (0,), GOOD_TIME)
    on(tasks.add).enqueue(1, 1)


@only_on(*OWN_SERVERS)
def test_a_server_without_a_free_connection_says_so_and_the_next_enqueue_works(
    services, on, admin, grant, jobs, as_user
):
    grant("INSERT")
    (usual,) = admin("SELECT @@GLOBAL.max_connections")
    others = [as_user.copy() for _ in range(20)]
    admin("SET GLOBAL max_connections = 10")
    try:
        with pytest.raises(OperationalError, match="Too many connections") as caught:
            for other in others:
                other.ensure_connection()
        assert services.dialect.is_connection_loss(caught.value)
        with pytest.raises(OperationalError, match="Too many connections"):
            on(tasks.add).enqueue(1, 1)
    finally:
        admin(f"SET GLOBAL max_connections = {usual}")
        for other in others:
            other.close()
    on(tasks.add).enqueue(1, 1)
    as_user.close()
    assert jobs.count() == 1


@only_on(*SERVERS)
def test_what_a_server_can_do_is_not_learned_from_a_lost_connection(services, admin):
    from dj_queue_mysql.features import runs_blocks

    alias = services.database.alias
    before = runs_blocks(alias)
    runs_blocks.cache_clear()
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT CONNECTION_ID()")
        admin(f"KILL {cursor.fetchone()[0]}")
    with pytest.raises(OperationalError):
        runs_blocks(alias)
    connections[alias].close()
    assert runs_blocks(alias) == before


@only_on(*OWN_SERVERS)
def test_arguments_larger_than_a_packet_are_refused_before_they_are_sent(services, on, jobs, small_packets):
    with transaction.atomic(using=services.database.alias):
        on(tasks.add).enqueue(1, 1)
        with pytest.raises(
            DataError, match=r"tasks\.add with its arguments takes 6.* max_allowed_packet is 524288"
        ):
            on(tasks.add).enqueue("x" * 600_000, 1)
        on(tasks.add).enqueue(2, 2)
    assert jobs.count() == 2


@only_on(*OWN_SERVERS)
def test_many_jobs_that_together_are_larger_than_a_packet_are_enqueued(on, jobs, small_packets):
    calls = [(on(tasks.add), ("ü" * 10_000, number), {}) for number in range(100)]
    on(tasks.add).get_backend().enqueue_all(calls)
    assert jobs.count() == 100


@only_on(*OWN_SERVERS)
def test_a_result_larger_than_a_packet_fails_its_job_and_holds_up_no_other(
    on, jobs, small_packets, queue_process, wait_until
):
    large = on(tasks.repeat).enqueue("x", 600_000)
    others = [on(tasks.add).enqueue(number, 1) for number in range(20)]
    queue_process()
    wait_until(lambda: jobs.filter(status=Status.SUCCESSFUL).count() == len(others), GOOD_TIME)
    wait_until(lambda: jobs.filter(id=large.id, status=Status.FAILED).exists(), GOOD_TIME)
    large.refresh()
    assert "max_allowed_packet is 524288" in large.errors[0].traceback


@only_on(*SERVERS)
def test_arguments_that_are_too_large_are_refused_before_any_statement(services, on, jobs):
    with transaction.atomic(using=services.database.alias):
        on(tasks.add).enqueue(1, 1)
        with pytest.raises(InvalidTask, match="1048576"):
            on(tasks.add).enqueue("x" * 3_000_000, 1)
        on(tasks.add).enqueue(2, 2)
    assert jobs.count() == 2


@only_on(*SERVERS)
def test_the_advice_on_timeouts_and_packets_is_gone_once_it_is_followed(services, monkeypatch):
    connection = connections[services.database.alias]
    found = {message.id for message in services.dialect.startup_messages()}
    assert found == {"dj_queue_mysql.W004"}
    timeouts = {"connect_timeout": 5, "read_timeout": 60, "write_timeout": 60}
    options = {**connection.settings_dict["OPTIONS"], **timeouts}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    assert list(services.dialect.startup_messages()) == []


@only_on(*OWN_SERVERS)
def test_a_server_that_takes_small_packets_only_is_named(services, small_packets):
    texts = {message.id: message.text for message in services.dialect.startup_messages()}
    assert "statements of 524288 bytes at most" in texts["dj_queue_mysql.W003"]


@only_on("mysql")
@pytest.mark.parametrize(
    ("is_mariadb", "version", "text"),
    [
        (True, (10, 6, 18), "database 'queue' is MariaDB 10.6.18; dj_queue is tested on 10.11 and newer"),
        (False, (8, 0, 40), "database 'queue' is MySQL 8.0.40; dj_queue is tested on 8.4 and newer"),
    ],
)
def test_a_server_that_is_too_old_is_told_which_version_is_needed(backend_alias, is_mariadb, version, text):
    from dj_queue_mysql import advice

    (message,) = advice.of_version("queue", is_mariadb, version)
    assert (message.text, message.id) == (text, "dj_queue_mysql.W001")
    assert list(advice.of_version("queue", is_mariadb, (10, 11, 2) if is_mariadb else (8, 4, 0))) == []


@only_on("mysql")
def test_without_the_driver_the_queue_says_what_to_install(backend_alias, tmp_path):
    assert last_word_without(("MySQLdb",), backend_alias, tmp_path) == (
        f"CommandError: DATABASES['{backend_alias}']: Error loading MySQLdb module. Did you install mysqlclient?; "
        'pip install "dj-queue[mysql]"'
    )
