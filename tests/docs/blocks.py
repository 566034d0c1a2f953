"""What stands on the pages: their blocks of code, and what they say is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"
"""Where `nox -s docs` builds it."""

PAGES = [
    ROOT / "README.md",
    *sorted(
        path
        for path in (ROOT / "docs").rglob("*.md")
        if not path.relative_to(ROOT / "docs").parts[0].startswith("_")
    ),
]
LANGUAGES = {"bash", "python", "console", "json", "yaml", "toml", "text", "sql"}

MARK = re.compile(r"<!-- parsed: (\S.*) -->")
UNCERTAIN = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?"
    r"|\d+(\.\d+)? (ms|s|min|h|[a-z]+/s)\b( \d+ min)?"
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        language: what it is written in.
        text: its content.
        line: where it begins, as an editor counts.
        end: the line of its closing fence.
        caption: the file that it is.
        parsed: why it is not run, if it is not.
        indent: what stands before each line.
    """

    language: str
    text: str
    line: int
    end: int
    caption: str | None = None
    parsed: str | None = None
    indent: str = ""


@dataclass
class Command:
    """A command in a console, and what it prints."""

    text: str
    expected: list[str] = field(default_factory=list)


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page that are code, in their order."""
    source = page.read_text("utf-8")
    lines = source.splitlines()
    mark: str | None = None
    for token in MarkdownIt().parse(source):
        if token.type == "html_block":
            found = MARK.search(token.content)
            mark = found[1] if found else None
        elif token.type == "fence" and token.map is not None:
            block = read_block(token.info, token.content, token.map, lines, mark)
            if block:
                yield block
            mark = None


def read_block(
    info: str, content: str, place: list[int], lines: list[str], mark: str | None
) -> Block | None:
    """A block of code, or None for another directive of the page."""
    caption = None
    if info.startswith("{"):
        if not info.startswith("{code-block}"):
            return None
        info = info.removeprefix("{code-block}")
        if found := re.match(r":caption: (.+)\n\n?", content):
            caption, content = found[1], content[found.end() :]
    opening = lines[place[0]]
    indent = opening[: len(opening) - len(opening.lstrip())]
    return Block(info.strip(), content, place[0] + 1, place[1], caption, mark, indent)


def commands(text: str) -> list[Command]:
    """The commands of a console."""
    found: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        elif line.startswith("> ") and not found[-1].expected:
            found[-1].text += f"\n{line[2:]}"
        else:
            found[-1].expected.append(line)
    return found


def agrees(expected: str, printed: str) -> bool:
    """Whether that was printed, but for times, speeds and what `…` stands for."""
    wanted, told = (
        "\n".join(line.rstrip() for line in UNCERTAIN.sub("#", text).strip().splitlines())
        for text in (expected, printed)
    )
    return bool(re.fullmatch(".*".join(map(re.escape, wanted.split("…"))), told, re.DOTALL))


def is_output(page: Path, block: Block, following: Block) -> bool:
    """Whether a block stands right behind Python, and so is what that prints."""
    between = page.read_text("utf-8").splitlines()[block.end : following.line - 1]
    return block.language == "python" and following.language == "text" and not any(between)
