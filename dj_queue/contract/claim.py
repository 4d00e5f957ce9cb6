"""How a process takes ready jobs: the claim strategy of one database."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from dj_queue.contract.jobs import ClaimedJob
from dj_queue.contract.selectors import Selector


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What a worker asks for: at most `limit` jobs of one backend alias from the queues it selects."""

    backend_alias: str
    selectors: tuple[Selector, ...]
    limit: int
    process_id: UUID


class ClaimStrategy(Protocol):
    """Takes ready jobs so that no two processes hold the same one."""

    name: str

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """Take up to `request.limit` ready jobs and write process, attempt and time on them.

        Order: earlier selectors first, then higher priority, then older id. Paused queues are skipped.
        Runs in a transaction of its own. The attempt is counted here, before anything runs.

        Raises:
            Exception: the database's own error; `Dialect.is_transient` says whether to try again.
        """
        ...
