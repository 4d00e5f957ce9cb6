"""The pages of the documentation, taken apart: code blocks, tables, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md", *DOCS.rglob("*.md")])

NOT_CODE = "text"
"""The language of output and diagrams."""
MARK = "<!-- not run"
FENCE = re.compile(
    rf"^(?:{MARK}:?(?P<reason>(?:(?!-->).)*)-->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NAMED = re.compile(r"\A(?:#|//) (?P<path>\S*\.\w+)\n")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, its text, and the file it belongs to when its first line names one."""

    page: Path
    number: int
    language: str
    text: str
    line: int = 0
    """The line of the page on which the text begins."""
    not_run: str | None = None
    """Why no test runs it, where it is marked so."""

    @property
    def file(self) -> str | None:
        found = NAMED.match(self.text)
        return found["path"] if found else None

    def __str__(self) -> str:
        return f"{name_of(self.page)}-{self.number}"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def reference(name: str) -> str:
    return read(DOCS / "reference" / f"{name}.md")


def blocks(page: Path, language: str | None = None) -> list[Block]:
    found = [_block(page, number, match) for number, match in enumerate(FENCE.finditer(read(page)), 1)]
    return [block for block in found if language in (None, block.language)]


def _block(page: Path, number: int, match: re.Match[str]) -> Block:
    reason = match["reason"]
    return Block(
        page,
        number,
        match["language"],
        match["text"],
        line=match.string.count("\n", 0, match.start("text")) + 1,
        not_run=None if reason is None else reason.strip(),
    )


def to_run(page: Path) -> list[Block]:
    """The blocks of a page that are code and not marked."""
    return [block for block in blocks(page) if block.language != NOT_CODE and block.not_run is None]


def file_of(page: Path, name: str) -> Block:
    """The first block of the page that belongs to this file."""
    return next(block for block in blocks(page) if block.file == name)


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page, language)]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", read(page))


def anchors(page: Path) -> set[str]:
    """What headings are called in links, as forges make it."""
    headings = [match[2] for match in HEADING.finditer(prose(page))]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sections(text: str, level: int = 2) -> dict[str, str]:
    """The text under each heading of this level, by heading; a lower heading ends it only when it is higher up."""
    marks = "#" * level
    parts = re.split(rf"^{marks} (.+)$", text, flags=re.MULTILINE)[1:]
    higher = re.compile(rf"^#{{1,{level - 1}}} .*", re.MULTILINE | re.DOTALL)
    return {heading: higher.sub("", body) for heading, body in zip(parts[::2], parts[1::2], strict=True)}


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    rules = [index for index, row in enumerate(lines) if set(row) <= set("|-: ")]
    headings = {index - 1 for index in rules}
    return [row for index, row in enumerate(cells) if index not in headings and index not in rules]


def plain(cell: str) -> str:
    """A cell's text without code marks."""
    return cell.strip("` ")
