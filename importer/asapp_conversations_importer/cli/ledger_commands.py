"""The commands about a ledger: `status` and `rejects`."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from asapp_conversations_importer import forget_rejects, read_standing, rejects_of, write_rejects

from . import parameters as p
from .output import errors_explained, say
from .standing_account import account_of_standing
from .text import columns, text
from .wording import counted

LEDGER = {
    "ledger": p.option(Path, "The ledger that `import` has named.", "LEDGER", positional=True)
}
OUTPUT = {
    "output": p.option(Path | None, "Write them there, and not to the screen.", "FILE", short="-o"),
    "forget": p.option(bool, "Remove the rejected records from the ledger instead."),
}


@p.takes({"": LEDGER, "What is shown": p.AS_JSON})
def status(*, ledger: Path, as_json: bool = False) -> None:
    """Say where an import stands, what waits and why, also while it runs.

    Example: asapp-conversations status export.jsonl.ledger
    """
    with errors_explained():
        standing = read_standing(ledger)
    told = say(
        json.dumps(standing.to_dict())
        if as_json
        else text(account_of_standing(standing), columns())
    )
    raise typer.Exit(0 if told else 1)


@p.takes({"": LEDGER, "What is kept": OUTPUT})
def rejects(*, ledger: Path, output: Path | None = None, forget: bool = False) -> None:
    """Write the rejects of an import again, as JSON Lines to mend and import.

    Example: asapp-conversations rejects export.jsonl.ledger -o mend.jsonl
    """
    with errors_explained():
        if forget:
            count = forget_rejects(ledger)
            say(f"{ledger} holds no record of its {counted(count, 'reject')} any more.")
            return
        lines = rejects_of(ledger)
        if output:
            write_rejects(output, lines, known=None)
            return
        told = all(say(json.dumps(line, ensure_ascii=False)) for line in lines)
    raise typer.Exit(0 if told else 1)
