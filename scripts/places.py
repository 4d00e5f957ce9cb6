"""Where programs are run: on the machine as it is, or with another /usr in the place of its own."""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

MACHINE_USR = Path("/usr")
LAY_OVER = 'mount --bind "$0" /usr && exec "$@"'
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Place:
    """A /usr and how to start what is in it; everything else is the machine's: paths, users, network."""

    usr: Path = MACHINE_USR

    def programs(self, pattern: str) -> list[Path]:
        """The paths below /usr that match, as a process started here sees them; the latest version first."""
        found = sorted(self.usr.glob(pattern), reverse=True)
        return [MACHINE_USR / path.relative_to(self.usr) for path in found]

    def command(self, *program: str | Path) -> list[str]:
        """The command that starts a program here; it becomes that program, so signals reach it."""
        words = [str(word) for word in program]
        if self.usr == MACHINE_USR:
            return words
        return ["unshare", "--mount", "sh", "-c", LAY_OVER, str(self.usr), *words]

    def command_of_nobody(self, *program: str | Path) -> list[str]:
        """`command`, without root's rights: servers refuse to run with them."""
        if os.geteuid() != 0:
            return self.command(*program)
        group = pwd.getpwnam(NOBODY).pw_gid
        return self.command("setpriv", f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups", *program)


def give_to_nobody(folder: Path) -> None:
    """Let a server that `command_of_nobody` starts write here."""
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY, pwd.getpwnam(NOBODY).pw_gid)


MACHINE = Place()
