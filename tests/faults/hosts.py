"""Hosts: network and host name of their own by Linux namespaces, one cable to this machine, and the same disk."""

import os
import shutil
import subprocess

NEEDED = ("ip", "unshare", "hostname")


def obstacle():
    """Why there can be no hosts here, or None."""
    if any(shutil.which(tool) is None for tool in NEEDED):
        return f"no hosts: one of {', '.join(NEEDED)} is not installed"
    trial = ["unshare", "--net", "--uts", "ip", "link", "add", "dj-a", "type", "veth", "peer", "name", "dj-b"]
    if subprocess.run(trial, check=False, capture_output=True).returncode:
        return "no hosts: this process may not make namespaces"
    return None


class Host:
    """One host. What runs `inside` it reaches this machine by `gateway`, while the cable is plugged in."""

    def __init__(self, number):
        pid = os.getpid()
        self.name = f"dj-{pid}-{number}"
        self._ours, self._theirs = f"djo{pid % 10**7}-{number}", f"djt{pid % 10**7}-{number}"
        net = f"10.{128 + pid // 256 % 128}.{pid % 256}"
        self.gateway, address = f"{net}.{4 * number + 1}", f"{net}.{4 * number + 2}"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._ours, "type", "veth", "peer", "name", self._theirs, "netns", self.name)
        _ip("addr", "add", f"{self.gateway}/30", "dev", self._ours)
        _ip("link", "set", self._ours, "up")
        _ip("-n", self.name, "addr", "add", f"{address}/30", "dev", self._theirs)
        for device in ("lo", self._theirs):
            _ip("-n", self.name, "link", "set", device, "up")

    @property
    def inside(self):
        """The first words of a command that runs the rest of it there."""
        named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name)
        return ("ip", "netns", "exec", self.name, *named)

    def unplug(self):
        """From now on nothing gets through, in either direction, and nobody is told."""
        _ip("link", "set", self._ours, "down")

    def plug_in(self):
        """As before."""
        _ip("link", "set", self._ours, "up")

    def close(self):
        """Scrap it."""
        _ip("link", "del", self._ours)
        _ip("netns", "del", self.name)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
