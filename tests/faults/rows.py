"""The fault matrix: what is done to a queue, and what must hold then. The report has a line for each row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One fault. `gate` says that it is proved on every database for each release."""

    number: int
    fault: str
    promise: str
    gate: bool = False


ROWS = (
    Row(
        1,
        "A process is killed at each of 16 moments of a job's life",
        "nothing lost, stuck, or run more often than it was hit",
        gate=True,
    ),
    Row(
        2,
        "The supervisor is killed, its children live",
        "children end by themselves; the next supervisor runs their jobs",
        gate=True,
    ),
    Row(3, "A whole node is lost", "another node runs its jobs after the threshold and one sweep", gate=True),
    Row(
        4,
        "A worker freezes past the threshold and wakes",
        "its late outcomes change nothing; it is replaced",
        gate=True,
    ),
    Row(
        5,
        "A frozen attempt ends while the next one of the same job runs",
        "attempt 1 cannot end attempt 2",
        gate=True,
    ),
    Row(6, "A task starves the interpreter", "its process is not taken for dead", gate=True),
    Row(
        7,
        "A task kills its worker every time",
        "it fails after three lost attempts with the signal's name; other jobs run",
        gate=True,
    ),
    Row(
        8,
        "A task leaves by os._exit, sys.exit, KeyboardInterrupt and the like",
        "recorded as a failure or a lost attempt; the worker goes on",
        gate=True,
    ),
    Row(
        9,
        "Endless recursion, exhausted memory, very long chains and groups of exceptions",
        "recorded, shortened; the worker goes on",
    ),
    Row(10, "Exceptions that break when they are looked at", "recorded and shown all the same"),
    Row(
        11,
        "NUL, lone surrogates, 50 MB and control characters in messages",
        "recorded at the first try, escaped and shortened",
    ),
    Row(
        12,
        "Results that JSON or a database cannot hold",
        "the job fails and names the place in the result; the same on every database",
        gate=True,
    ),
    Row(13, "The same as arguments", "refused before any SQL; the caller's transaction stays usable"),
    Row(
        14,
        "The server ends connections, one after the other",
        "nothing lost; work goes on meanwhile and after",
        gate=True,
    ),
    Row(
        15,
        "The server restarts, crashes, or is away for a minute",
        "supervisors stay; work is resumed within seconds",
        gate=True,
    ),
    Row(16, "The server is not there at the start", "it is waited for"),
    Row(17, "The server takes connections and does not answer", "a stop is still a stop"),
    Row(18, "Established connections stall", "others take over; late outcomes change nothing", gate=True),
    Row(
        19,
        "A commit succeeds and its answer is lost",
        "claims go back, outcomes are written once, enqueues once",
        gate=True,
    ),
    Row(
        20,
        "The connection that listens dies silently",
        "jobs start by polling; the listener finds out and listens again",
        gate=True,
    ),
    Row(21, "A storm of notifications", "wakeups are coalesced; no enqueue fails of a notification"),
    Row(
        22,
        "PgBouncer in transaction mode",
        "everything works without notifications; with them a warning says so",
    ),
    Row(
        23,
        "Failover to a server that takes no writes",
        "taken for a lost connection; resumed on the one that does",
    ),
    Row(24, "The server gives statements 200 ms", "claims are far below; maintenance works in small parts"),
    Row(25, "Deadlocks and serialization failures", "tried again; no user sees one", gate=True),
    Row(26, "MariaDB with innodb_snapshot_isolation", "as above"),
    Row(27, "Another program locks the SQLite file", "waited for; nobody is taken for dead"),
    Row(28, "The disk is full", "an enqueue raises; outcomes are kept and written when there is space"),
    Row(29, "The SQLite file is replaced", "the queue ends and says why"),
    Row(30, "Clocks of hosts jump", "leases and due times follow the database's clock"),
    Row(
        31,
        "Five schedulers, fifty schedules, one killed now and then",
        "each slot fires once, none is missed",
        gate=True,
    ),
    Row(32, "No scheduler for hours", "slots are caught up by the task's rule"),
    Row(33, "Daylight saving time in ten zones", "fixed hours once a day, intervals in real time"),
    Row(34, "Cron texts that never fire or are random", "refused at check time by name"),
    Row(
        35,
        "Two supervisors on a host; a stale pidfile",
        "both work, each job runs once; a pidfile lets one in",
        gate=True,
    ),
    Row(
        36,
        "A deploy removed a task",
        "its jobs fail by name, others run, a retry works after a rollback",
        gate=True,
    ),
    Row(
        37,
        "Old code on a new schema and the reverse; concurrent migrations",
        "work, or one clear line; nothing lost",
        gate=True,
    ),
    Row(
        38,
        "Retry, discard and prune of very many jobs while workers run",
        "short transactions; interrupted, they can be run again",
        gate=True,
    ),
    Row(
        39,
        "A backlog of a million, 200 queues, 100 of them paused",
        "a claim costs what it costs on an empty table",
        gate=True,
    ),
    Row(40, "A transaction that stays open for long", "claims stay cheap; the health check names it"),
    Row(
        41,
        "Ten thousand jobs of one key",
        "the limit holds; the next starts at once; other keys are not slowed",
        gate=True,
    ),
    Row(
        42,
        "A crash between taking and giving back a slot",
        "the slot comes back; a live holder keeps its own",
        gate=True,
    ),
    Row(43, "A fork with open connections and threads", "no child uses its parent's connections", gate=True),
    Row(
        44,
        "A task leaves its connection broken, in a transaction, or changed",
        "the next job on the thread sees none of it",
    ),
    Row(45, "A task hangs in a transaction or leaves threads and processes behind", "a stop is not held up"),
    Row(
        46,
        "A thread hangs at the stop",
        "others end well; the process is gone in time; the job runs again",
        gate=True,
    ),
    Row(
        47,
        "Signals at any moment, repeated, to anyone",
        "an orderly or an immediate end, nothing half claimed",
    ),
    Row(
        48,
        "Twenty rolling restarts under 500 jobs a second",
        "nothing fails, is lost, or runs twice",
        gate=True,
    ),
    Row(49, "Hours of mixed load", "memory, files, threads and connections stay flat"),
    Row(
        50,
        "Coroutines that block the loop, cancel themselves, or leak",
        "recorded; the blocked loop is reported; others go on",
    ),
    Row(51, "Hooks and signal receivers that raise, hang or exit", "no outcome changes"),
    Row(52, "Enqueues in transactions that roll back", "such jobs never were"),
    Row(53, "Names, priorities and times at their limits", "the same verdict on every database"),
    Row(54, "Counters that reach their ends", "ids pass 2^31 and end in a typed error; attempts stay there"),
    Row(55, "Configuration mistakes", "all named at once; nothing starts"),
    Row(
        56, "No connection left, a changed password", "waited for; no attempt is charged; no secret is logged"
    ),
    Row(57, "Attacks on the admin", "escaped, permission-checked, nothing changes by GET", gate=True),
    Row(
        58,
        "Rows written by an attacker",
        "nothing is imported from them; the job fails; the worker and the admin go on",
        gate=True,
    ),
    Row(
        59,
        "Rows deleted or restored by hand",
        "outcomes without a job are dropped; what is wrong is found and repaired",
    ),
    Row(60, "Mixed load, priorities, one slow queue", "the documented order, and nobody hoards"),
    Row(61, "The queue's database is down and the project's is not, and the reverse", "each fails alone"),
    Row(62, "Broken installations", "a clear error, or it works"),
)
BY_NUMBER = {row.number: row for row in ROWS}
ELSEWHERE = {
    48: "the portable dialect, which claims row by row, was offered as many jobs and got those that its figure tells",
    49: "hours of it are `make soak`, with its own charts; the tests run a short form",
}
"""What the matrix cannot say with a yes, in a line."""
OPEN: dict[int, str] = {}
"""What has no test so far, in a line."""
