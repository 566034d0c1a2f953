"""The command line: its commands in one application."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from .imports import import_, plan
from .ledgers import rejects, status
from .sandbox import sandbox

app = typer.Typer(
    name="asapp-conversations",
    help="Load conversations into ASAPP.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def asapp_conversations(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Load conversations into ASAPP.

    ASAPP_API_ID and ASAPP_API_SECRET hold the keys, ASAPP_BASE_URL the address.
    """


app.command("import")(import_)
for command in (plan, status, rejects, sandbox):
    app.command()(command)
