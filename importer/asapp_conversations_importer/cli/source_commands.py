"""The commands that read a source: `import` and `plan`."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations_emulator import Emulator
from attrs import evolve

from asapp_conversations_importer import (
    Files,
    Interruption,
    Query,
    Snapshot,
    import_messages,
    plan_import,
    prepare_import,
)

from ..options import MODEST_RATE
from ..prepare import rejects_beside
from ..reading.scratch import scratch_folder
from . import parameters as p
from .confirm import asking
from .live import View
from .output import complain, errors_explained, say
from .page import refuse_foreign, render_page, write_page
from .plan_account import account_of_plan, days_of
from .report_account import account_of_report
from .signals import interrupts
from .text import columns, text
from .wording import command, counted


@p.takes(
    {
        "": p.SOURCE | p.PREPARED,
        "Where to send": p.TARGET,
        "How much, and how fast": p.PACE | p.TRIAL,
        "How the source is read": p.READING,
        "What is kept": p.KEPT,
        "What is shown": p.SHOWN,
        "Seldom needed": p.SENDING | p.BOUNDS,
    }
)
def import_(
    *,
    emulator: bool = False,
    yes: bool = False,
    report: str | None = None,
    as_json: bool = False,
    quiet: bool = False,
    files: Sequence[str] = (),
    query: str | None = None,
    prepared: bool = False,
    **given: Any,
) -> None:
    """Send every message to its conversation, once, in order.

    Everything is read and checked before the first request leaves. The conversations have to exist,
    and to be named by the ids that ASAPP has given them. The same command again goes on where it
    stopped, whatever stopped it.

    Example: asapp-conversations import 'export/*.jsonl' --daily-limit 20000 --report monday.html

    Exit status: 0 all stored, or the trial is; 1 not all; 2 wrong usage, nothing sent; 3 keys
    refused; 75 paused by a limit; 130 interrupted; 143 terminated.
    """
    interruption = Interruption()
    with errors_explained(), ExitStack() as stack:
        source = _source(files, query, prepared=prepared)
        if emulator and {"environment", "base_url"} & given.keys():
            raise InvalidRequestError(
                "--emulator says where to send: leave out --base-url and --environment"
            )
        temporary = emulator and "ledger" not in given
        server = stack.enter_context(Emulator()) if emulator else None
        arguments: dict[str, Any] = (
            {"rate": MODEST_RATE}
            if server is None
            else {
                # It takes what it is sent and begins empty each time: nothing to pace, nothing to keep.
                "rate": None,
                "base_url": server.url,
                "credentials": server.credentials,
            }
        )
        if temporary:
            one = len(files) == 1 and Path(files[0]).is_file()
            arguments["rejects"] = f"{files[0] if one else 'asapp-import'}.rejects.jsonl"
            arguments["ledger"] = stack.enter_context(scratch_folder()) / "import.ledger"
        arguments |= given
        refuse_foreign(report, [*files, arguments.get("ledger"), arguments.get("rejects")])
        signals = stack.enter_context(interrupts(interruption))
        with View(sys.stderr, quiet=quiet or _logs_are_shown()) as view:
            result = import_messages(
                source,
                **arguments,
                interruption=interruption,
                on_progress=view.show,
                confirm=None if yes else asking(view, signals),
            )
        held = server.stats() if server else None
        if temporary:
            result = evolve(result, ledger=None)
    account = account_of_report(
        result,
        now=time.time(),
        again=command(*sys.argv[1:]),
        mend=_mending(result.rejects, ["--emulator"] * emulator, given),
    )
    told = True
    if as_json:
        told = say(json.dumps(result.to_dict() | ({"emulator": held} if held else {})))
    elif not quiet:
        told = say(text(account, columns()))
        told = told and (not held or say(_held(held)))
    if report:
        title, made = ", ".join(files) or "query", datetime.now(UTC)
        page = render_page(account, result.samples, title=title, generated_at=made)
        error = write_page(Path(report), page)
        if error:
            complain(error)
        told = told and not error
    raise typer.Exit(result.exit_status or (0 if told else 1))


@p.takes(
    {
        "": p.SOURCE | p.PREPARED,
        "How much, and how fast": p.PACE,
        "How the source is read": p.READING,
        "What is kept": p.LEDGER,
        "What is shown": p.SHOWN,
        "Seldom needed": p.BOUNDS,
    }
)
def plan(
    *,
    as_json: bool = False,
    quiet: bool = False,
    rate: float = MODEST_RATE,
    daily_limit: int | None = None,
    files: Sequence[str] = (),
    query: str | None = None,
    prepared: bool = False,
    **given: Any,
) -> None:
    """Say what an import would do, and send nothing.

    It needs no keys, and reads and checks everything as the import will. Where an import has begun,
    it is about the rest.

    Example: asapp-conversations plan 'export/*.jsonl' --daily-limit 20000

    Exit status: 0, or 1 if records would be rejected, 2 wrong usage.
    """
    with errors_explained(), View(sys.stderr, quiet=quiet) as view:
        source = _source(files, query, prepared=prepared)
        result = plan_import(source, **given, on_progress=view.show)
    if as_json:
        extra = {"seconds": result.requests / rate, "days": days_of(result, daily_limit)}
        told = say(json.dumps(result.to_dict() | extra))
    else:
        again = command("import", *sys.argv[2:])
        told = say(text(account_of_plan(result, rate, daily_limit, again), columns()))
    raise typer.Exit(1 if result.rejected or not told else 0)


@p.takes(
    {
        "": p.SOURCE,
        "Where to write": p.FOLDER,
        "How the source is read": p.READING,
        "What is shown": p.SHOWN,
        "Seldom needed": p.BOUNDS,
    }
)
def prepare(
    *,
    to: str | None = None,
    as_json: bool = False,
    quiet: bool = False,
    files: Sequence[str] = (),
    query: str | None = None,
    **given: Any,
) -> None:
    """Read, check and sort a source once, into a snapshot for `import --prepared`.

    An import of many days then begins at once on each of them. Nothing is sent.

    Example: asapp-conversations prepare 'export/*.parquet' --to snapshot

    Exit status: 0, or 1 if records are rejected, 2 wrong usage.
    """
    with errors_explained(), View(sys.stderr, quiet=quiet) as view:
        if not to:
            raise InvalidRequestError("name the folder of the snapshot with --to")
        source = _source(files, query)
        result = prepare_import(source, to, **given, on_progress=view.show)
    told = True
    if as_json:
        told = say(json.dumps(result.to_dict()))
    elif not quiet:
        again = command("import", to, "--prepared")
        told = say(text(account_of_plan(result, MODEST_RATE, None, again), columns()))
        if result.rejected:
            kept = given.get("rejects") or rejects_beside(to)
            told = told and say(f"\nThe rejects are in {kept}: mend and import them by themselves.")
    raise typer.Exit(1 if result.rejected or not told else 0)


def _source(
    files: Sequence[str], query: str | None, *, prepared: bool = False
) -> Files | Query | Snapshot:
    """What is to be read: files, a snapshot or a query, and no two of them."""
    if prepared:
        if query or not files:
            raise InvalidRequestError("--prepared is about the folder of a snapshot: name it")
        return Snapshot(tuple(files))
    if files and query:
        raise InvalidRequestError("give either files or --query: a query names its files itself")
    if not files and not query:
        raise InvalidRequestError("name the files to read, or give --query")
    return Query(query) if query else Files(tuple(files))


def _held(held: dict[str, Any]) -> str:
    return (
        f"\nThe emulator held {counted(held['messages'], 'message')} in "
        f"{counted(held['conversations'], 'conversation')}. It has stopped."
    )


def _logs_are_shown() -> bool:
    """Whether records of the log go to the place where the view would be."""
    return bool(logging.getLogger("asapp_conversations").handlers)


def _mending(rejects: str | None, target: list[str], given: Mapping[str, Any]) -> str | None:
    """The command that imports the file of rejects, whose names are the API's, once it is mended."""
    kept = ("environment", "base_url", "time_formats", "timezone", "ambiguous")
    options = [
        word
        for name in kept
        for value in ([given[name]] if isinstance(given.get(name), str) else given.get(name, ()))
        for word in (f"--{name.removesuffix('s').replace('_', '-')}", value)
    ]
    return rejects and command("import", rejects, *target, *options)
