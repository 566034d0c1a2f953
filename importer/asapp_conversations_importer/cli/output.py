"""What a command prints: an account in plain text, harmless to a terminal, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import typer
from asapp_conversations import AsappError
from attrs import field, frozen

from .account import Account, shown
from .wording import printable

WRONG_USAGE = 2
"""The exit status for wrong usage or configuration; nothing was sent."""

SHOWN_REASONS = 10
SHOWN_NAMES = 20
LABEL = 9


@frozen
class Outcome:
    """What a command came to: its exit status, and what is to be told for a person and as JSON."""

    status: int
    account: Account
    values: Mapping[str, Any] = field(factory=dict)
    more: str = ""


def finish(outcome: Outcome, *, as_json: bool, quiet: bool) -> NoReturn:
    """Print what a command came to, and end it."""
    if as_json:
        told = say(json.dumps(outcome.values))
    else:
        width = shutil.get_terminal_size().columns
        told = quiet or say(text(outcome.account, width) + outcome.more)
    raise typer.Exit(outcome.status or int(not told))


def text(account: Account, width: int = 80) -> str:
    """What a person reads on a terminal of so many columns; commands and names are never broken."""
    blocks = [
        [*fold(f"{account.headline}.", width), *fold(account.detail or "", width, "  ")],
        [
            line
            for label, facts in account.facts.items()
            for line in fold(", ".join(facts), width, f"{label:{LABEL}} ")
        ],
        _counts(account, width),
        _reasons(account, width),
        _names(account, width),
        [line for warning in account.warnings for line in fold(f"Warning: {warning}", width)],
        _steps(account, width),
    ]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block)))


def fold(words: str, width: int = 80, first: str = "", then: str | None = None) -> list[str]:
    """The lines of a paragraph, after what the first one begins with, and what each other does."""
    return textwrap.wrap(
        printable(words),
        max(width, 20),
        initial_indent=first,
        subsequent_indent=" " * len(first) if then is None else then,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _digits(numbers: Iterable[int]) -> int:
    return max((len(f"{number:,}") for number in numbers), default=0)


def _counts(account: Account, width: int) -> Iterator[str]:
    digits = _digits(count.number for count in account.counts)
    for number, name, note in account.counts:
        words = f"{name}: {note}" if note else name
        yield from fold(words, width, f"  {number:>{digits},} ")


def _reasons(account: Account, width: int) -> Iterator[str]:
    reasons, more = shown(account.reasons, SHOWN_REASONS)
    if reasons:
        yield "Rejected, by reason"
    digits = _digits(reason.count for _, reason in reasons)
    for words, reason in reasons:
        yield from fold(words, width, f"  {reason.count:>{digits},}  ")
        for place in reason.examples:
            yield from fold(place, width, " " * (digits + 4))
    if more:
        yield f"  {more}"


def _names(account: Account, width: int) -> Iterator[str]:
    title, names = account.named
    if names:
        yield title
    for name, words in names[:SHOWN_NAMES]:
        yield from fold(f"{name}: {words}", width, "  ", "    ")
    if len(names) > SHOWN_NAMES:
        yield f"  and {len(names) - SHOWN_NAMES} more, all in the report of --json and --report"


def _steps(account: Account, width: int) -> Iterator[str]:
    yield "What now"
    for words, command in account.steps:
        yield from fold(words, width, "  ")
        if command:
            yield f"    {command}"


def say(words: str) -> bool:
    """Print lines on standard output; False, with a word about it, if they cannot be written.

    A reader that has gone away, such as `head`, has seen all that it wanted.
    """
    try:
        _write(sys.stdout, words)
    except BrokenPipeError:
        return True
    except OSError as error:
        complain(f"standard output cannot be written: {error.strerror}")
        return False
    return True


def complain(message: str) -> None:
    """Print an error, in one line, on standard error."""
    with suppress(OSError):
        _write(sys.stderr, f"Error: {' '.join(message.split())}")


def _write(stream: TextIO | None, words: str) -> None:
    if stream is None:
        return
    try:
        encoding = stream.encoding or "utf-8"
        lines = "".join(f"{printable(line)}\n" for line in words.split("\n"))
        stream.write(lines.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        # What is left in its buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def explained(error: AsappError | OSError) -> str:
    """What a person can mend, in words."""
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return str(error)
