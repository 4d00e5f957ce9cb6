"""What a run of two streams has in one of them, test after test: all of one server, else all of one folder."""

from pathlib import PurePath

from django.conf import settings
from xdist.scheduler import LoadScopeScheduling

BEHIND = {"pgbouncer": "postgres18"}
"""Ways to one server."""
NO_SERVER = ("default", "portable")


class Streams(LoadScopeScheduling):
    """Gives each stream the next server or folder once it is done with the one before."""

    def _split_scope(self, nodeid: str) -> str:
        return stream_of(nodeid)


def stream_of(nodeid: str) -> str:
    """The server that the test's parameters name, by its backend alias, else the test's folder."""
    path, _, name = nodeid.partition("::")
    parameters = name.partition("[")[2].rstrip("]").split("-")
    for alias in settings.TASKS:
        if alias in parameters and alias not in NO_SERVER:
            return BEHIND.get(alias, alias)
    # What a folder makes once, such as environments, is made in one stream.
    return str(PurePath(path).parent)
