"""Hosts: network and host name of their own by Linux namespaces, one cable to this machine, and the same disk."""

import os
import shutil
import subprocess

NEEDED = ("ip", "unshare", "hostname")


def obstacle():
    """Why there can be no hosts here, or None."""
    if any(shutil.which(tool) is None for tool in NEEDED):
        return f"no hosts: one of {', '.join(NEEDED)} is not installed"
    try:
        Host("trial").close()
    except subprocess.CalledProcessError:
        return "no hosts: this process may not make them"
    return None


class Host:
    """One host. What runs `inside` it reaches this machine by `gateway`, while the cable is plugged in."""

    def __init__(self, number):
        pid = os.getpid()
        self.name = f"dj-{pid}-{number}"
        self._ours, self._theirs = f"djo{pid % 10**7}-{number}", f"djt{pid % 10**7}-{number}"
        net = f"10.{128 + pid // 256 % 128}.{pid % 256}"
        first = 252 if number == "trial" else 4 * number
        self.gateway, address = f"{net}.{first + 1}", f"{net}.{first + 2}"
        try:
            self._make(address)
        except subprocess.CalledProcessError:
            self.close()
            raise

    def _make(self, address):
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
        for words in (("link", "del", self._ours), ("netns", "del", self.name)):
            subprocess.run(["ip", *words], check=False, capture_output=True)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
