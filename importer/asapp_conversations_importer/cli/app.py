"""The commands of the importer in one application."""

from __future__ import annotations

import sys

import typer

from .check import check
from .commands import import_, plan, prepare, rejects, status
from .output import WRONG_USAGE, complain
from .signals import ends_in_order

app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]}, pretty_exceptions_enable=False
)
for command in (import_, plan, prepare, check, status, rejects):
    # A paragraph is as wide as the terminal, whatever its lines in the source are.
    paragraphs = (" ".join(part.split()) for part in (command.__doc__ or "").split("\n\n"))
    app.command(command.__name__.strip("_"), help="\n\n".join(paragraphs))(command)

WrongUsage: type[Exception] = typer.BadParameter.__bases__[0]
"""What typer raises for any wrong usage; it exports the class for one kind alone."""


def run(arguments: list[str]) -> None:
    """Run the command that the first argument names, and end the process."""
    status = WRONG_USAGE
    try:
        with ends_in_order():
            status = (
                app(args=arguments, prog_name="asapp-conversations", standalone_mode=False) or 0
            )
    except WrongUsage as error:
        words = getattr(error, "format_message", error.__str__)().removesuffix(".")
        complain(f"{words}. `asapp-conversations {arguments[0]} --help` explains it.")
    sys.exit(status)
