"""A reader of one page who does all that it shows, block by block, in a shop that has its queue already."""

import ast
import re
import shlex
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from dj_queue.models import Process
from tests.docs.pages import Block
from tests.docs.session import Session
from tests.docs.typing_along import SHOWN, TIMEOUT, Reader, claim

SETTINGS = "shop/settings.py"
FILES = {"settings.py": SETTINGS}
OF_SETTINGS = (None, SETTINGS, *FILES)
OUTSIDE = re.compile(r"(?<![\w.])(/etc|/run|/mnt)(?=/shop)")
"""Folders of a server, which are kept within the project here."""
ADDED_TO = ("DATABASES", "TASKS")
"""Settings of which a page shows some entries; the project has more."""
ON_SQLITE = """
# The servers of the page are files here.
DATABASES |= {name: on_sqlite(name) for name, database in DATABASES.items() if "sqlite3" not in database["ENGINE"]}
"""
ONCE = ("plugins", "--show-config")
"""Arguments with which the queue's command says something and ends."""


class PageReader(Reader):
    """Does each block in its way; a block that nobody can do is an error."""

    def __init__(self, folder: Path, python: Path | str, before: str = "", **environment: str) -> None:
        """Work in `folder`; `before` is what the page takes for granted, as code for its shell."""
        super().__init__(folder, FILES)
        self.printed = ""
        self._python = python
        self._environment |= environment
        self._before = before
        self._session: Session | None = None
        self._begun: set[str] = set()
        self._unread: list[str] = []

    def do(self, block: Block) -> None:
        """Do what one block shows."""
        if block.language == "bash":
            self.type_all(block)
        elif block.language == "yaml":
            self.take_options(block)
        elif block.language != "python":
            raise AssertionError(
                f"{block}: nothing here runs {block.language!r}; mark it, or have a test run it"
            )
        elif block.file in OF_SETTINGS and (settings := _settings_in(block)):
            self.configure(block, settings)
        elif block.file:
            self.write(block)
        else:
            self.say(block)

    def type_all(self, block: Block) -> None:
        """Type each line of a terminal; what these start is stopped again."""
        self._leave_shell()
        for line in block.text.splitlines():
            self.type(line)
        assert set(self.stop()) <= {0}, self._said()

    def type(self, line: str) -> None:
        """Run one line; a queue runs until it is at work, and beside whoever asks whether one is."""
        line = self._here(line)
        words = shlex.split(line, comments=True)
        if words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            self._environment[name] = value
        elif words[1:3] == ["manage.py", "dj_queue"] and not set(ONCE) & set(words):
            self._run_queue(words[3:])
            assert self.stop() == [0], self._said()
        else:
            if words[2:3] == ["dj_queue_health"] and not self._running:
                self._run_queue([])
            super().type(line)

    def take_options(self, block: Block) -> None:
        """Give the block to the queue as the file of its options."""
        path = Path(self._here(block.file)) if block.file else self.folder / f"options-{block.number}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._here(block.text))
        shown = self.run("manage.py", "dj_queue", "--config", str(path), "--show-config")
        assert str(path) in shown, shown

    def configure(self, block: Block, names: set[str]) -> None:
        """Add the block to the settings, and have Django check them."""
        self._leave_shell()
        kept = [name for name in ADDED_TO if name in names]
        before = "".join(f"_{name} = {name}\n" for name in kept)
        after = "".join(f"{name} = {{**_{name}, **{name}}}\n" for name in kept)
        self._add(SETTINGS, f"{before}{self._here(block.text)}{after}")
        self.run("manage.py", "check", "--fail-level", "ERROR")
        if "DATABASES" in names:
            self._add(SETTINGS, ON_SQLITE)

    def write(self, block: Block) -> None:
        """Write the block's file, or more of it; the next shell reads it."""
        self._leave_shell()
        assert block.file
        if block.file not in self._begun:
            (self.folder / block.file).unlink(missing_ok=True)
        self._begun.add(block.file)
        super().write(block)
        self._unread.append(f"import {block.file.removesuffix('.py').replace('/', '.')}\n")

    def say(self, block: Block) -> None:
        """Type the block into the page's shell, and run the jobs that it enqueues."""
        code = "\n" * (block.line - 1) + SHOWN.sub(claim, self._here(block.text))
        failed = self._in_shell(code, str(block.page))
        assert not failed, failed

    def finish(self, after: str) -> None:
        """See that what the page showed does what it says."""
        if after or self._unread:
            failed = self._in_shell(SHOWN.sub(claim, after), "after the page")
            assert not failed, failed
        self._leave_shell()

    def run(self, *words: str, text: str | None = None) -> str:
        """Run Python with these arguments; what it printed is kept as well."""
        printed = super().run(*words, text=text)
        self.printed += printed
        return printed

    def abandon(self) -> None:
        """End what a failed test left running."""
        self._leave_shell()
        super().abandon()

    def _in_shell(self, code: str, origin: str) -> list[str]:
        if self._session is None:
            self._session = Session(self._python, self.folder, self._environment)
            self._session.run("".join(self._unread), "files of the page")
            self._session.run(self._before, "before the page")
            self._unread, self._before = [], ""
        return self._session.run(code, origin)

    def _leave_shell(self) -> None:
        """Close the shell: code and settings that change are read by another one."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def _run_queue(self, arguments: list[str]) -> None:
        """Start a queue, and wait until its worker is at work."""
        process = self.start("manage.py", "dj_queue", *arguments)
        deadline = time.monotonic() + TIMEOUT
        while process.poll() is None and not self._workers():
            assert time.monotonic() < deadline, self._said()
            time.sleep(0.05)

    def _workers(self) -> int:
        with closing(sqlite3.connect(self.folder / "default.sqlite3", timeout=20)) as connection:
            sql = f"SELECT count(*) FROM {Process._meta.db_table} WHERE kind = 'worker'"
            return connection.execute(sql).fetchone()[0]

    def _add(self, file: str, text: str) -> None:
        with (self.folder / file).open("a") as settings:
            settings.write(f"\n\n{text}")

    def _here(self, text: str) -> str:
        return OUTSIDE.sub(rf"{self.folder}\1", text)


def _settings_in(block: Block) -> set[str]:
    """The settings that a block makes or changes: what it assigns to in capitals, where it does nothing else."""
    found: set[str] = set()
    for node in ast.parse(block.text).body:
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            while isinstance(target, ast.Subscript):
                target = target.value
            found.add(ast.unparse(target))
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            return set()
    return {name for name in found if name.isupper()} if all(map(str.isupper, found)) else set()
