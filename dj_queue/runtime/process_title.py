"""What `ps` shows: `dj_queue: worker (default)`."""

import setproctitle


def set_process_title(kind: str, backend_alias: str) -> None:
    """Name this process after its role and backend alias."""
    setproctitle.setproctitle(f"dj_queue: {kind} ({backend_alias})")
