"""The room of dead row versions, freed as soon as a burst has left many: autovacuum looks once a minute."""

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

# The privilege to maintain came with version 17; its owner has it too.
SITUATION = """
SELECT greatest(reltuples, 0), greatest(n_dead_tup, %s), greatest(last_vacuum, last_autovacuum)::text,
       relpages < %s
       AND CASE WHEN current_setting('server_version_num')::int < 170000 THEN pg_has_role(relowner, 'USAGE')
                ELSE has_table_privilege(relid, 'MAINTAIN') END
       AND NOT coalesce(reloptions, '{}') && ARRAY['autovacuum_enabled=false', 'autovacuum_enabled=off']
FROM pg_class JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE relid = 'dj_queue_job'::regclass
"""

# Truncating would stop everybody for a moment, and the next burst needs the room again.
VACUUM = "VACUUM (SKIP_LOCKED, TRUNCATE FALSE, PARALLEL 0) dj_queue_job"

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
        with cursor(self._alias) as raw:
            facts = (DEAD_OF_A_JOB * self._ended, LARGE)
            rows, dead, last, is_ours = raw.execute(SITUATION, facts).fetchone()
        if self._last not in (UNKNOWN, last):
            self._ended, self._last = 0, last
            return
        self._last = last
        if not is_ours or dead < max(LEAST, SHARE * rows) or is_held_back(self._alias):
            return
        with cursor(self._alias) as raw:
            raw.execute(VACUUM)
        self._ended, self._last = 0, UNKNOWN
