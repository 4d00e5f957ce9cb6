"""The virtual environment of each peer: made once, kept until what it holds changes."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.ground import CACHE
from bench.peers.peer import Peer
from bench.progress import tell


def interpreter_of(peer: Peer) -> Path:
    """The interpreter that runs the peer.

    Raises:
        subprocess.CalledProcessError: it cannot be installed.
    """
    if not peer.packages:
        return Path(sys.executable)
    folder = CACHE / "peers" / peer.name
    interpreter, stamp = folder / "bin" / "python", folder / "holds.txt"
    wanted = f"{sys.version} {' '.join(peer.packages)}"
    if stamp.exists() and stamp.read_text() == wanted:
        return interpreter
    tell(f"installing {peer.heading}")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = (interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    subprocess.run([*pip, *peer.packages], check=True)
    stamp.write_text(wanted)
    return interpreter
