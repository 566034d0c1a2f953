"""What a command prints: whole, harmless to a terminal, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TextIO

import typer
from asapp_conversations import AsappError

from .account import Account
from .text import text
from .wording import printable

WRONG_USAGE = 2
"""The exit status for wrong usage or configuration; nothing was sent."""


def finish(
    status: int,
    account: Account,
    values: Mapping[str, Any],
    *,
    more: str = "",
    as_json: bool = False,
    quiet: bool = False,
) -> NoReturn:
    """Print what came of a command, for a person or as JSON, and end with the status.

    Args:
        more: what a person reads at the end.
    """
    if as_json:
        told = say(json.dumps(values))
    else:
        told = quiet or say(text(account, shutil.get_terminal_size().columns) + more)
    raise typer.Exit(status or int(not told))


def say(text: str) -> bool:
    """Print lines on standard output; False, with a word about it, if they cannot be written.

    A reader that has gone away, such as `head`, has seen all that it wanted.
    """
    try:
        _write(sys.stdout, text)
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


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        encoding = stream.encoding or "utf-8"
        lines = "".join(f"{printable(line)}\n" for line in text.split("\n"))
        stream.write(lines.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        # What is left in its buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


@contextmanager
def errors_explained() -> Iterator[None]:
    """Turns the errors that a person can mend into a line and the exit status for them."""
    try:
        yield
    except AsappError as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
    else:
        return
    raise typer.Exit(WRONG_USAGE)
