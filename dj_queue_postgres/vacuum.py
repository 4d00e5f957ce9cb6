"""The room of dead row versions, freed as soon as a burst has left many: autovacuum looks once a minute."""

from typing import Any

from django.db import connections

from dj_queue.models import Job
from dj_queue_postgres.connection import cursor
from dj_queue_postgres.horizon import is_held_back

DEAD_OF_A_JOB = 2
"""Row versions that a job leaves behind: the ready one, and the claimed one."""
LEAST = 10_000
"""Dead versions below which freeing them is not worth a look at all indexes."""
SHARE = 0.1
"""Dead versions for each row below which it is not."""
LARGE = 65_536
"""Pages of 8 KB from which on the table is autovacuum's alone: a statement of ours does not give way to others that
want its lock, such as a migration, and would take many seconds."""

SITUATION = """
SELECT greatest(reltuples, 0), greatest(n_dead_tup, %s), greatest(last_vacuum, last_autovacuum)::text,
       relpages < %s AND {may}
       AND NOT coalesce(reloptions, '{{}}') && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off']
FROM pg_class JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE pg_class.oid = %s::regclass
"""
OWNS = "pg_has_role(relowner, 'USAGE')"
MAINTAINS = "has_table_privilege(pg_class.oid, 'MAINTAIN')"
MAINTAIN_SINCE = 170000
"""The first server version that has this privilege, as `SHOW server_version_num` has it."""

# Truncating would stop everybody for a moment, and the next burst needs the room again.
VACUUM = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE, PARALLEL 0) {table}"

UNKNOWN = object()


class Vacuum:
    """Vacuums the table of jobs when that is worth it and nobody has done so since this process looked last."""

    def __init__(self, alias: str) -> None:
        """Look after the table in this database; does not connect."""
        self._alias = alias
        self._ended = 0
        self._last: object = UNKNOWN

    def after(self, ended: int) -> None:
        """Count jobs that ended since the last call; vacuum once they are many."""
        self._ended += ended
        server: Any = connections[self._alias]
        server.ensure_connection()
        table = server.ops.quote_name(Job._meta.db_table)
        may = MAINTAINS if server.pg_version >= MAINTAIN_SINCE else OWNS
        with cursor(self._alias) as raw:
            dead = DEAD_OF_A_JOB * self._ended
            rows, dead, last, is_ours = raw.execute(
                SITUATION.format(may=may), (dead, LARGE, table)
            ).fetchone()
        if self._last not in (UNKNOWN, last):
            self._ended, self._last = 0, last
            return
        self._last = last
        if not is_ours or dead < max(LEAST, SHARE * rows) or is_held_back(self._alias):
            return
        with cursor(self._alias) as raw:
            raw.execute(VACUUM.format(table=table))
        self._ended, self._last = 0, UNKNOWN
