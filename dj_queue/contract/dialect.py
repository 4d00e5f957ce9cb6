"""How one database inserts, finishes, promotes, admits and prunes jobs: what a database plugin implements."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from dj_queue.contract.database import CheckMessage, DatabaseInfo, OldestReader
from dj_queue.contract.jobs import Admitted, NewJob, Outcome, Promoted, Started, Status


class Dialect(ABC):
    """The batch work on jobs, said in one database's best SQL. One object serves one database alias.

    A dialect keeps no connection, and no state but hints that may be lost: it is built before processes fork
    and is used by many threads. Methods that change rows run inside the caller's transaction (`atomic`) unless they say
    otherwise.
    """

    name: str

    def __init__(self, database: DatabaseInfo) -> None:
        """Serve the database that `database` names; does not connect."""
        self.database = database

    @abstractmethod
    def prepare(self) -> None:
        """Set the session up for the runtime: called by each of its threads before its first statement."""

    @abstractmethod
    def atomic(self) -> AbstractContextManager[Any]:
        """A short write transaction of ours; joins the caller's when one is open."""

    @abstractmethod
    def is_transient(self, error: BaseException) -> bool:
        """Whether the whole transaction may be tried again at once: deadlock, serialization, busy."""

    @abstractmethod
    def is_connection_loss(self, error: BaseException) -> bool:
        """Whether the connection is gone and a new one may do: restart, failover, network."""

    @abstractmethod
    def now(self) -> datetime:
        """The database's clock, in UTC."""

    def identity(self) -> object:
        """What tells this database from another one put in its place under the same name; asked often, so cheap.

        None where connections themselves would notice. The supervisor ends when it changes: its connections
        would go on with what nobody else sees any more.
        """
        return None

    def oldest_reader(self) -> OldestReader | None:
        """Who keeps old row versions from being cleaned up, and since when; asked by health checks, may query.

        None where nobody does, and where it cannot be known.
        """
        return None

    def reclaim(self, ended: int) -> None:
        """Free the room of row versions that nobody can see any more, if it is worth it by now.

        Called by one thread of a process at a time, outside transactions, each time that some thousands of jobs have
        ended there: `ended` is how many since the last call. May take seconds. By default nothing: most databases
        free it soon enough.
        """

    @abstractmethod
    def startup_messages(self) -> Sequence[CheckMessage]:
        """What an operator should change about this database; asked once at boot, may query."""

    @abstractmethod
    def tune_schema(self, schema_editor: Any) -> None:
        """Create what only this database needs (indexes, storage options); idempotent, runs after migrate."""

    @abstractmethod
    def insert_jobs(self, jobs: Sequence[NewJob]) -> None:
        """Insert all jobs or none; for one job, one INSERT and no other statement."""

    @abstractmethod
    def finish(self, outcomes: Sequence[Outcome]) -> frozenset[Any]:
        """Write each outcome whose fence still holds; returns the ids of the jobs written.

        A job given back to ready keeps the moment at which its slot runs out.
        """

    @abstractmethod
    def drop(self, outcomes: Sequence[Outcome]) -> frozenset[Any]:
        """Delete the job of each outcome whose fence still holds, instead of writing it; returns their ids."""

    @abstractmethod
    def mark_started(self, attempts: Sequence[Started]) -> None:
        """Write when these attempts started, where the fence still holds."""

    @abstractmethod
    def promote_due(self, backend_alias: str, limit: int) -> Promoted:
        """Make up to `limit` due scheduled jobs ready, or blocked when they have a concurrency key."""

    @abstractmethod
    def admit(self, key_hashes: Sequence[str]) -> Admitted:
        """Let blocked jobs of these keys in as far as slots are free, under a lock on each key's row.

        Order: those never admitted before, by priority, then age; then those whose slot ran out, the longest
        ago first. The limit is that of the job last in this order. Discarding jobs left over are discarded,
        unless they have run. The locks are taken in sorted order and before anything is counted, also when
        nobody waits: who waits and who ends at the same time then always see one another.
        """

    @abstractmethod
    def queue_names(self, backend_alias: str, status: Status) -> Sequence[str]:
        """The queues that have jobs of an unfinished status, in any order; a look for each queue, not for each job."""

    @abstractmethod
    def prune(self, backend_alias: str, status: Status, before: datetime, limit: int) -> int:
        """Delete up to `limit` jobs of a finished status that ended before `before`; returns how many."""
