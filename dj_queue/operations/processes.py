"""Processes: registered at their start, kept alive by heartbeats, gone at their end."""

import os
import socket
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from dj_queue import __version__
from dj_queue.contract import ProcessInfo
from dj_queue.models import Process
from dj_queue.operations.transactions import in_transaction, repeating
from dj_queue.services import Services

MAX_HOSTNAME = 200


def describe_process(services: Services, kind: str, identity: UUID) -> ProcessInfo:
    """This process in one role. The identity is random for each start: hosts and pids are used again."""
    hostname = socket.gethostname()[:MAX_HOSTNAME]
    name = f"{kind}-{hostname}-{os.getpid()}-{identity.hex[:6]}"
    return ProcessInfo(identity, kind, name, services.alias, os.getpid(), hostname)


def register(
    services: Services, process: ProcessInfo, supervisor_id: UUID | None, metadata: Mapping[str, Any]
) -> None:
    """Write the process's row; from now on it has to send heartbeats."""

    def insert() -> None:
        now = services.dialect.now()
        rows = Process.objects.using(services.database.alias)
        # An earlier try may have written it, though its answer was lost.
        rows.filter(id=process.id).delete()
        rows.create(
            id=process.id,
            backend_alias=process.backend_alias,
            kind=process.kind,
            name=process.name,
            pid=process.pid,
            hostname=process.hostname,
            supervisor_id=supervisor_id,
            metadata={"version": __version__, **metadata},
            started_at=now,
            last_heartbeat_at=now,
        )

    in_transaction(services, insert)


def heartbeat(services: Services, process_ids: Collection[UUID]) -> frozenset[UUID]:
    """Say that these processes live; returns those that are still registered. The rest were given up."""
    rows = Process.objects.using(services.database.alias).filter(id__in=list(process_ids))
    count = repeating(services, lambda: rows.update(last_heartbeat_at=services.dialect.now()))
    if count == len(process_ids):
        return frozenset(process_ids)
    return frozenset(rows.values_list("id", flat=True))


def deregister(services: Services, process_id: UUID) -> None:
    """Delete the process's row: it holds no job any more."""
    row = Process.objects.using(services.database.alias).filter(id=process_id)
    in_transaction(services, row.delete)


def silent_processes(services: Services) -> list[Process]:
    """The processes of this alias whose last heartbeat is older than the alive threshold."""
    cutoff = services.dialect.now() - timedelta(seconds=services.options.process_alive_threshold)
    rows = Process.objects.using(services.database.alias)
    return list(rows.filter(backend_alias=services.alias, last_heartbeat_at__lt=cutoff))


def forget_silent(services: Services, process_id: UUID) -> bool:
    """Delete the row of a process given up, unless it has spoken since; tells whether it is gone."""
    cutoff = services.dialect.now() - timedelta(seconds=services.options.process_alive_threshold)
    rows = Process.objects.using(services.database.alias)
    deleted, _ = rows.filter(id=process_id, last_heartbeat_at__lt=cutoff).delete()
    return bool(deleted)
