"""The database session of one thread of the runtime, set up as its dialect wants it."""

from dj_queue.contract import Dialect


class Session:
    """Set up before the first statement, and again once the next statement may be the first of another session."""

    def __init__(self, dialect: Dialect) -> None:
        """Belong to the thread that calls `prepare`."""
        self._dialect = dialect
        self._is_prepared = False

    def prepare(self) -> None:
        """Set it up, unless that was done."""
        if not self._is_prepared:
            self._dialect.prepare()
            self._is_prepared = True

    def distrust(self) -> None:
        """After an error, or a fork: this session may be gone."""
        self._is_prepared = False
