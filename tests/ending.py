"""The end of processes that tests start."""

import subprocess

PATIENCE = 60


def end(process):
    """Ask a process to end, and kill it when it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
