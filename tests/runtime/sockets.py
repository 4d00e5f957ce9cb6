"""The sockets of processes: connections that crossed a fork are held by two."""

from pathlib import Path


def sockets(pid):
    """The sockets that a process holds, by what the kernel calls them."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def shared_sockets(pids):
    """How many sockets are held by more than one of these processes."""
    held = [sockets(pid) for pid in pids]
    return sum(len(found) for found in held) - len(set().union(*held))
