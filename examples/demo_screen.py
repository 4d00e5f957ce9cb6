"""How the demo looks: lines, a bar and tables; plain lines where there is no terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.box import ROUNDED
from rich.columns import Columns
from rich.console import Console, JustifyMethod
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

LABEL = 11
MOST_WIDTH = 96
PLAIN_STEPS = 10


class DemoFailed(Exception):
    """Something did not happen as the demo promised; the text says what."""


class Bar(Protocol):
    """Shows how much of the work is done."""

    def show(self, done: int) -> None:
        """So many of all."""
        ...


class Screen:
    """Where the demo writes."""

    def __init__(self) -> None:
        """Write to standard output, in characters that it can show."""
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        console = Console(highlight=False)
        width = console.width if console.is_terminal else MOST_WIDTH
        console.width = min(width, MOST_WIDTH)
        self._console = console

    def begin(self) -> None:
        """Say what is going to happen."""
        self._console.print()
        self._console.print(Rule("[bold]dj_queue demo", align="left", style="cyan"))
        self.say(
            "A census of Python's standard library: one job for each module parses it and counts what is in "
            "it. The queue is an SQLite file, nothing else. Meanwhile: a scheduled job, a recurring one, one "
            "that fails, and async ones."
        )
        self._console.print()

    def say(self, text: str) -> None:
        """A paragraph."""
        self._console.print(Text(text))

    def done(self, label: str, text: str) -> None:
        """One thing that happened."""
        self._line("[green]✓", label, text)

    def plan(self, label: str, text: str) -> None:
        """One thing that will happen."""
        self._line("[dim]·", label, text)

    @contextmanager
    def bar(self, label: str, total: int) -> Iterator[Bar]:
        """A bar for `total` jobs, to be shown while the block runs."""
        if not self._console.is_terminal:
            yield PlainBar(self, label, total)
            return
        progress = Progress(
            TextColumn(f"[cyan]▸[/] [bold]{label:<{LABEL}}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("jobs"),
            TimeElapsedColumn(),
            console=self._console,
            expand=True,
        )
        with progress:
            yield RichBar(progress, total)

    def traceback(self, title: str, text: str) -> None:
        """A stored traceback."""
        self._console.print()
        self._console.print(Panel(Text(text.rstrip()), title=title, title_align="left", border_style="red"))

    def facts(self, tables: dict[str, dict[str, str]]) -> None:
        """Small tables of names and values, side by side where there is room."""
        self._console.print()
        self._console.print(Columns([_facts(title, rows) for title, rows in tables.items()], padding=(0, 2)))

    def table(self, title: str, columns: dict[str, JustifyMethod], rows: Iterable[tuple[str, ...]]) -> None:
        """A table; `columns` maps each heading to how its column is set."""
        table = Table(
            title=title,
            title_justify="left",
            title_style="bold",
            box=ROUNDED,
            border_style="dim",
            header_style="",
            expand=True,
        )
        for heading, justify in columns.items():
            style = "cyan" if justify == "right" else ""
            table.add_column(heading, justify=justify, style=style, no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self._console.print()
        self._console.print(table)

    def fail(self, failure: Exception) -> None:
        """Say what went wrong, and show its notes."""
        shown = Text(str(failure), style="bold")
        self._console.print(Panel(shown, title="the demo failed", title_align="left", border_style="red"))
        for note in getattr(failure, "__notes__", ()):
            self._console.print(Text(note), soft_wrap=True)

    def end(self, root: Path) -> None:
        """Say where to go from here."""
        python, examples = _from_here(Path(sys.executable)), _from_here(root / "examples")
        self._console.print()
        self._console.print(Rule("[bold]What to look at next", align="left", style="cyan"))
        self._line(" ", "the admin", f"{python} {examples}/project/manage.py runserver")
        self._line(" ", "", "then http://127.0.0.1:8000/admin/ as demo, password demo")
        self._line(" ", "small steps", f"{python} {examples}/ex01_basic_enqueue.py")
        self._line(" ", "", f"and on with the list in {examples}/README.md")
        self._line(" ", "your own", f"{_from_here(root / 'README.md')}: five minutes in your own project")

    def _line(self, sign: str, label: str, text: str) -> None:
        line = Table.grid(padding=(0, 1))
        line.add_column(width=1)
        line.add_column(width=LABEL, style="bold")
        line.add_column()
        line.add_row(sign, label, Text(text))
        self._console.print(line)


class RichBar:
    """The bar of a terminal."""

    def __init__(self, progress: Progress, total: int) -> None:
        """A bar for `total` jobs."""
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def show(self, done: int) -> None:
        """See `Bar`."""
        self._progress.update(self._task, completed=done)


class PlainBar:
    """A line for each tenth of the work."""

    def __init__(self, screen: Screen, label: str, total: int) -> None:
        """A bar for `total` jobs."""
        self._screen, self._label, self._total = screen, label, total
        self._steps = 0

    def show(self, done: int) -> None:
        """See `Bar`."""
        steps = done * PLAIN_STEPS // self._total
        if steps > self._steps:
            self._steps = steps
            self._screen.plan(self._label, f"{done:,} of {self._total:,} jobs done")


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _facts(title: str, rows: dict[str, str]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=ROUNDED,
        border_style="dim",
        show_header=False,
    )
    table.add_column()
    table.add_column(justify="right", style="cyan")
    for name, value in rows.items():
        table.add_row(name, value)
    return table
