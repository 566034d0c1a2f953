"""An account in plain text."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from .account import Account, shown
from .wording import printable

SHOWN_REASONS = 10
SHOWN_NAMES = 20
LABEL = 10


def text(account: Account, width: int = 80) -> str:
    """What a person reads on a terminal of so many columns; commands and names are never broken."""
    blocks = [
        [*_fold(f"{account.headline}.", width), *_fold(account.detail or "", width, "  ")],
        _facts(account, width),
        _counts(account, width),
        _reasons(account, width),
        _names(account, width),
        [line for warning in account.warnings for line in _fold(f"Warning: {warning}", width)],
        _steps(account, width),
    ]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block)))


def columns() -> int:
    """The width of the terminal."""
    return shutil.get_terminal_size().columns


def folded(words: str, width: int = 80) -> str:
    """A paragraph for so many columns."""
    return "\n".join(_fold(words, width))


def _fold(words: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    return textwrap.wrap(
        printable(words),
        max(width, 20),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(account: Account, width: int) -> Iterator[str]:
    for label, facts in account.facts.items():
        yield from _fold(", ".join(facts), width, " " * LABEL, f"{label:{LABEL}}")


def _counts(account: Account, width: int) -> Iterator[str]:
    digits = max((len(f"{count.number:,}") for count in account.counts), default=0)
    for count in account.counts:
        words = f"{count.name}: {count.note}" if count.note else count.name
        yield from _fold(words, width, " " * (digits + 3), f"  {count.number:>{digits},} ")


def _reasons(account: Account, width: int) -> Iterator[str]:
    reasons, more = shown(account.reasons, SHOWN_REASONS)
    if reasons:
        yield "Rejected, by reason"
    digits = max((len(f"{reason.count:,}") for _, reason in reasons), default=0)
    for words, reason in reasons:
        indent = " " * (digits + 4)
        yield from _fold(words, width, indent, f"  {reason.count:>{digits},}  ")
        for place in reason.examples:
            yield from _fold(place, width, indent)
    if more:
        yield f"  {more}"


def _names(account: Account, width: int) -> Iterator[str]:
    title, names = account.named
    if names:
        yield title
    for name, words in names[:SHOWN_NAMES]:
        yield from _fold(f"{name}: {words}", width, "    ", "  ")
    if len(names) > SHOWN_NAMES:
        yield f"  and {len(names) - SHOWN_NAMES} more, all in the report of --json and --report"


def _steps(account: Account, width: int) -> Iterator[str]:
    yield "What now"
    for step in account.steps:
        yield from _fold(step.text, width, "  ")
        if step.command:
            yield f"    {step.command}"
