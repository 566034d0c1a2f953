"""What a person can mend, as a line and the exit status for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from asapp_conversations import AsappError

WRONG_USAGE = 2
"""The exit status for wrong usage or configuration."""


@contextmanager
def errors_explained() -> Iterator[None]:
    """Turns the errors that a person can mend into a line and the exit status for them."""
    try:
        yield
    except AsappError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'output'}: {error.strerror or error}")


def fail(message: str) -> NoReturn:
    """End with the exit status for wrong usage or configuration."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(WRONG_USAGE)
