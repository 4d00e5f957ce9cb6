"""Whether the front of the ready jobs is dead, told by how long looks take: the server tells only the privileged."""

from django.db import connections

from dj_queue.contract import ClaimRequest
from dj_queue.portable.front import Front
from dj_queue_mysql.lines import rank_of

DEAR_LINE = 0.0002
"""Seconds that a look may take more for each line it looks at."""
MOST_SEARCHED = 5000
"""Newest jobs among which new lanes are searched."""

# The lanes of the newest jobs, by their key: that index has live entries at its end whatever was claimed.
NEW_LANES = """
SELECT DISTINCT queue_name, priority
FROM (SELECT queue_name, priority, status, backend_alias FROM dj_queue_job FORCE INDEX (PRIMARY)
      WHERE id >= %s ORDER BY id DESC LIMIT %s) AS newest
WHERE status = 'ready' AND backend_alias = %s
"""


class WatchedFront(Front):
    """A front that two dear looks one after the other make dead, unless looks behind it are as dear."""

    def __init__(self, alias: str, dear: float) -> None:
        """Know nothing of this database: start at the front. A look is dear from `dear` seconds on."""
        super().__init__()
        self._alias = alias
        self._dear = dear
        self._cost = 0.0
        self._was_dear = False

    def looked(self, seconds: float, lines: int) -> bool:
        """A look from the front over so many lines took so long; whether the front is dead now."""
        is_dear = seconds > self._dear + lines * DEAR_LINE
        is_dead = is_dear and self._was_dear
        self._was_dear = is_dear
        if is_dead:
            self._cost = seconds
            self.died(seconds)
        elif not is_dear:
            self.lives()
        return is_dead

    def looked_behind(self, seconds: float) -> None:
        """A look that started behind all that was taken took so long."""
        if seconds > self._cost / 2:
            self._was_dear = False
            self.lives()

    def search(self, request: ClaimRequest) -> None:
        """Find lanes that got jobs since the last search."""
        since = self.search_from()
        with connections[self._alias].cursor() as cursor:
            cursor.execute(NEW_LANES, [since.hex, MOST_SEARCHED, request.backend_alias])
            rows = cursor.fetchall()
        lanes = [(name, priority) for name, priority in rows if rank_of(request, name) is not None]
        self.found(lanes, since)
