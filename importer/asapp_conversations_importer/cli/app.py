"""The commands of the importer in one application."""

from __future__ import annotations

import typer

from .ledger_commands import rejects, status
from .source_commands import import_, plan

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command("import")(import_)
for command in (plan, status, rejects):
    app.command()(command)


def run(arguments: list[str]) -> None:
    """Run the command that the first argument names."""
    app(args=arguments, prog_name="asapp-conversations")
