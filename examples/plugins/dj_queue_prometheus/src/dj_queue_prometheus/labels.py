"""Labels of jobs: the task's path and the queue, and never more of them than a server of metrics can take."""

from dj_queue.contract import JobInfo

MOST = 1000
"""Pairs of task and queue that one process tells apart; queues named after customers would have no end."""
OTHER = ("other", "other")

type Pair = tuple[str, str]


class JobLabels:
    """Gives each job its pair of labels; once there are too many, new pairs are `other`."""

    def __init__(self, most: int = MOST) -> None:
        """Tell `most` pairs apart."""
        self._most = most
        self._known: set[Pair] = set()

    def of(self, job: JobInfo) -> Pair:
        """The task's path and the queue's name."""
        pair = (job.task_path, job.queue_name)
        if pair in self._known:
            return pair
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(pair)
        return pair
