"""A table full of jobs, made by the server itself: ready, scheduled and finished ones of two hundred queues."""

import time

from django.db import connections

from dj_queue.models import Job, Pause, Process, Semaphore

QUEUES = 200
"""The first half of them, in every order, is paused; the second is spread over `email` and `work`."""
KEYS = 20
BATCH = 10
DUE = 50

PAUSED = [f"a-{number:03}" for number in range(QUEUES // 2)]

# $n stands for a number of the series. Old jobs have old ids; of the paused queues the oldest.
_DIGITS = "(" + " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10)) + ")"
_PLACES = ("ones", "tens", "hundreds", "thousands")
NUMBERS = {
    "mysql": "SELECT {first} + ones.d + 10 * tens.d + 100 * hundreds.d + 1000 * thousands.d AS n FROM "
    + " CROSS JOIN ".join(f"{_DIGITS} AS {place}" for place in _PLACES)
    + " HAVING n <= {last}",
    "postgresql": "SELECT generate_series({first}, {last}) AS n",
    "sqlite": "WITH RECURSIVE s (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s",
}
HEX = {
    "mysql": "lpad(lower(hex({0})), {1}, '0')",
    "postgresql": "lpad(to_hex({0}), {1}, '0')",
    "sqlite": "printf('%0{1}x', {0})",
}
ID = {"mysql": "{}", "postgresql": "({})::uuid", "sqlite": "{}"}
AGO = {
    "mysql": "utc_timestamp(6) + INTERVAL ({}) SECOND",
    "postgresql": "statement_timestamp() + ({}) * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', ({}) || ' seconds')",
}
NAMES = {
    "mysql": "lpad({}, 3, '0')",
    "postgresql": "lpad(({})::text, 3, '0')",
    "sqlite": "printf('%03d', {})",
}
TABLES = ", ".join(model._meta.db_table for model in (Job, Pause, Process, Semaphore))
SETTLE = {"mysql": f"ANALYZE TABLE {TABLES}", "postgresql": f"VACUUM (ANALYZE, INDEX_CLEANUP ON) {TABLES}"}
SETTLED = "SELECT relallvisible = relpages FROM pg_class WHERE oid = 'dj_queue_job'::regclass"
PATIENCE = 30
"""Seconds that others with a snapshot may hold that up: autovacuum comes when it likes."""
LONG_AGO = 1_600_000_000_000
"""Milliseconds since 1970: when the oldest of these jobs was enqueued."""

INSERT = """
INSERT INTO dj_queue_job (id, backend_alias, queue_name, priority, status, task_path, args, kwargs, enqueued_at,
    run_after, finished_at, attempts, lost, on_crash, concurrency_key, concurrency_hash, concurrency_limit,
    concurrency_duration, on_conflict)
SELECT {id}, '{alias}',
    CASE WHEN n % {queues} < {queues} / 2 THEN 'a-' || {paused}
         WHEN n % 2 = 0 THEN 'email-' || {live} ELSE 'work-' || {live} END,
    n / {queues} % 3, '{status}', 'tests.project.tasks.add', '[1, 2]', '{{}}', {enqueued},
    {run_after}, {finished_at}, 0, 0, 'retry', {key}, {key_hash}, {limit}, {duration}, {conflict}
FROM ({numbers}) AS series
"""


def at_each_size(services, sizes, look):
    """What `look` gives with the table filled to each of these sizes in turn; it is empty before and after."""
    found, first = [], 1
    empty(services)
    pause_half(services)
    try:
        for last in sizes:
            fill(services, first, last)
            make_due(services, first)
            found.append(look())
            first = last + 1
    finally:
        empty(services)
    return found


def fill(services, first, last):
    """Insert jobs number `first` to `last` of each kind."""
    connection = connections[services.database.alias]
    vendor = connection.vendor

    def insert(status, offset, count, **columns):
        span = {"first": offset + first, "last": offset + first + count - 1}
        facts = {
            "id": ID[vendor].format(
                f"{HEX[vendor].format(f'{LONG_AGO} + n', 12)} || '70008000' || {HEX[vendor].format('n', 12)}"
            ),
            "alias": services.alias,
            "queues": QUEUES,
            "paused": NAMES[vendor].format(f"n % {QUEUES}"),
            "live": NAMES[vendor].format(f"n % {QUEUES} - {QUEUES // 2}"),
            "status": status,
            "enqueued": AGO[vendor].format("-n"),
            "numbers": NUMBERS[vendor].format(**span),
            **dict.fromkeys(
                ("run_after", "finished_at", "key", "key_hash", "limit", "duration", "conflict"), "NULL"
            ),
            **columns,
        }
        with connection.cursor() as cursor:
            if vendor == "mysql":
                cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')")
            cursor.execute(INSERT.format(**facts))

    count = last - first + 1
    insert("ready", 0, count)
    insert("scheduled", 10_000_000, count, run_after=AGO[vendor].format("n % 1000 + 3600"))
    insert("successful", 20_000_000, count, finished_at=AGO[vendor].format("-(n % 1000 + 60)"))
    insert("failed", 30_000_000, count // 10, finished_at=AGO[vendor].format("-(n % 1000 + 60)"))
    under_a_key = {
        "key": f"'k' || (n % {KEYS})",
        "key_hash": HEX[vendor].format(f"n % {KEYS}", 64),
        "limit": "1",
        "duration": "3600",
        "conflict": "'block'",
    }
    insert("blocked", 40_000_000, count // 10, **under_a_key)
    if vendor in SETTLE:
        settle(connection)


def make_due(services, first):
    """Insert scheduled jobs that are due, behind all that are not."""
    from dj_queue.operations.ids import make_ids

    now = services.dialect.now()
    Job.objects.using(services.database.alias).bulk_create(
        Job(
            id=job_id,
            backend_alias=services.alias,
            queue_name="work-000",
            status="scheduled",
            task_path="tests.project.tasks.add",
            args=[1, first],
            enqueued_at=now,
            run_after=now,
        )
        for job_id in make_ids(DUE)
    )


def pause_half(services):
    """Pause the queues whose names come first and whose jobs are oldest."""
    now = services.dialect.now()
    Pause.objects.using(services.database.alias).bulk_create(
        Pause(backend_alias=services.alias, queue_name=name, created_at=now) for name in PAUSED
    )


def settle(connection):
    """Have statistics as after a while of use, and no dead rows."""
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        is_settled = False
        while not is_settled and time.monotonic() < deadline:
            cursor.execute(SETTLE[connection.vendor])
            is_settled = connection.vendor != "postgresql" or _answer(cursor, SETTLED)


def _answer(cursor, query):
    cursor.execute(query)
    return cursor.fetchone()[0]


def empty(services):
    """Remove it all."""
    for model in (Job, Pause, Process, Semaphore):
        model.objects.using(services.database.alias).all().delete()
