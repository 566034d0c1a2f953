"""The commands about a ledger: `status` and `rejects`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from asapp_conversations_importer import read_standing, rejects_of, write_rejects

from . import parameters as p
from .standing_text import standing_text
from .wrong_usage import errors_explained


def status(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="As `import` has named it.")],
    as_json: p.Json = False,
) -> None:
    """Say where an import stands, what waits and why, also while it runs."""
    with errors_explained():
        standing = read_standing(ledger)
    typer.echo(json.dumps(standing.to_dict()) if as_json else standing_text(standing))


def rejects(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="As `import` has named it.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Not standard output.")
    ] = None,
) -> None:
    """Write the rejects of an import again, as JSON Lines to mend and import."""
    with errors_explained():
        lines = rejects_of(ledger)
        if output:
            write_rejects(output, lines, known=None)
        else:
            for line in lines:
                typer.echo(json.dumps(line, ensure_ascii=False))
