"""The commands that read a source: `import` and `plan`."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations_emulator import Emulator
from attrs import evolve

from asapp_conversations_importer import (
    Files,
    ImportArguments,
    Interruption,
    Query,
    import_messages,
    plan_import,
)

from ..options import MODEST_RATE
from ..reading.scratch import scratch_folder
from . import parameters as p
from .account import account_of_plan, account_of_report, days_of
from .confirm import asking
from .live import View
from .output import complain, errors_explained, say
from .page import refuse_foreign, render_page, write_page
from .signals import interrupts
from .text import text
from .wording import command, counted


@p.grouped
def import_(
    *,
    source: Files | Query,
    target: ImportArguments,
    emulator: Annotated[
        bool,
        p.Target("--emulator", help="Send to a local emulator of the API, which ends at the end."),
    ] = False,
    yes: Annotated[
        bool, p.Target("--yes", help="Do not ask before the first import into production.")
    ] = False,
    pace: ImportArguments,
    wait: Annotated[
        bool, p.Amount("--wait", help="Sleep through a pause, and go on by itself.")
    ] = False,
    first: Annotated[
        int | None,
        p.Amount(
            min=1,
            metavar="N",
            help="Send N conversations and stop, as a trial that a later run goes on from.",
        ),
    ] = None,
    reading: ImportArguments,
    ledger: p.LedgerFile = None,
    rejects: Annotated[
        str | None,
        p.Kept(metavar="FILE", help="Where rejected records go; by default beside the ledger."),
    ] = None,
    report: Annotated[
        str | None, p.Kept(metavar="FILE.html", help="Leave a page about the run, to hand on.")
    ] = None,
    as_json: p.Json = False,
    quiet: p.Quiet = False,
    concurrency: Annotated[
        int, p.Seldom(min=1, metavar="N", help="Send so many conversations side by side at most.")
    ] = 100,
    isolate: Annotated[
        bool,
        p.Seldom(
            " /--no-isolate",
            show_default=False,
            help="Reject the whole batch in which ASAPP refuses a message.",
        ),
    ] = True,
    bounds: ImportArguments,
    timeout: p.Timeout = 30.0,
) -> None:
    """Send every message to its conversation, once, in order.

    Everything is read and checked before the first request leaves. The conversations have to exist,
    and to be named by the ids that ASAPP has given them. The same command again goes on where it
    stopped, whatever stopped it.

    Example: asapp-conversations import 'export/*.jsonl' --daily-limit 20000 --report monday.html

    Exit status: 0 all stored, or the trial is; 1 not all; 2 wrong usage, nothing sent; 3 keys
    refused; 75 paused by a limit; 130 interrupted; 143 terminated.
    """
    with errors_explained(), ExitStack() as stack:
        if emulator and any(target.values()):
            raise InvalidRequestError(
                "--emulator says where to send: leave out --base-url and --environment"
            )
        interruption = Interruption()
        arguments: ImportArguments = {
            **reading,
            **target,
            **pace,
            **bounds,
            "rate": pace["rate"] or (None if emulator else MODEST_RATE),
            "ledger": ledger,
            "rejects": rejects,
            "wait": wait,
            "first": first,
            "concurrency": concurrency,
            "isolate": isolate,
            "timeout": timeout,
            "interruption": interruption,
        }
        server = None
        if emulator:
            server = stack.enter_context(Emulator())
            arguments |= _emulated(server, stack, arguments, source)
        refuse_foreign(report, [arguments["ledger"], arguments["rejects"], *_paths(source)])
        signals = stack.enter_context(interrupts(interruption))
        with View(sys.stderr, quiet=quiet or _logs_are_shown()) as view:
            arguments["on_progress"] = view.show
            if not yes:
                arguments["confirm"] = asking(view, signals)
            result = import_messages(source, **arguments)
        held = server.stats() if server else None
        if server and not ledger:
            # It was temporary, like what it speaks of.
            result = evolve(result, ledger=None)
    mend = _mending(result.rejects, [*["--emulator"][:emulator], *_named(target)], reading)
    account = account_of_report(result, now=time.time(), again=command(*sys.argv[1:]), mend=mend)
    told = True
    if as_json:
        told = say(json.dumps(result.to_dict() | ({"emulator": held} if held else {})))
    elif not quiet:
        told = say(text(account, shutil.get_terminal_size().columns))
        told = told and (not held or say(_held(held)))
    if report:
        title = ", ".join(_paths(source)) or "query"
        made = datetime.now(UTC)
        page = render_page(account, result.samples, title=title, generated_at=made)
        error = write_page(Path(report), page)
        if error:
            complain(error)
        told = told and not error
    raise typer.Exit(result.exit_status or (0 if told else 1))


@p.grouped
def plan(
    *,
    source: Files | Query,
    pace: ImportArguments,
    reading: ImportArguments,
    ledger: p.LedgerFile = None,
    as_json: p.Json = False,
    quiet: p.Quiet = False,
    bounds: ImportArguments,
) -> None:
    """Say what an import would do, and send nothing.

    It needs no keys, and reads and checks everything as the import will. Where an import has begun,
    it is about the rest.

    Example: asapp-conversations plan 'export/*.jsonl' --daily-limit 20000

    Exit status: 0, or 1 if records would be rejected, 2 wrong usage.
    """
    with errors_explained(), View(sys.stderr, quiet=quiet) as view:
        arguments: ImportArguments = {
            **reading,
            **bounds,
            "ledger": ledger,
            "on_progress": view.show,
        }
        result = plan_import(source, **arguments)
    rate, limit = pace["rate"] or MODEST_RATE, pace["daily_limit"]
    if as_json:
        extra = {"seconds": result.requests / rate, "days": days_of(result, limit)}
        told = say(json.dumps(result.to_dict() | extra))
    else:
        again = command("import", *sys.argv[2:])
        account = account_of_plan(result, rate, limit, again)
        told = say(text(account, shutil.get_terminal_size().columns))
    raise typer.Exit(1 if result.rejected or not told else 0)


def _paths(source: Files | Query) -> tuple[str, ...]:
    return source.paths if isinstance(source, Files) else ()


def _emulated(
    server: Emulator, stack: ExitStack, arguments: ImportArguments, source: Files | Query
) -> ImportArguments:
    """What points an import at the emulator in this process.

    It takes what it is sent and begins empty each time, so there is nothing to pace and, unless a
    ledger is named, nothing to keep.
    """
    folder = stack.enter_context(scratch_folder())
    paths = _paths(source)
    one = len(paths) == 1 and Path(paths[0]).is_file()
    return {
        "base_url": server.url,
        "credentials": server.credentials,
        "ledger": arguments["ledger"] or folder / "import.ledger",
        "rejects": arguments["rejects"]
        or (
            None if arguments["ledger"] else f"{paths[0] if one else 'asapp-import'}.rejects.jsonl"
        ),
    }


def _held(held: dict[str, Any]) -> str:
    return (
        f"\nThe emulator held {counted(held['messages'], 'message')} in "
        f"{counted(held['conversations'], 'conversation')}. It has stopped."
    )


def _logs_are_shown() -> bool:
    """Whether records of the log go to the place where the view would be."""
    return bool(logging.getLogger("asapp_conversations").handlers)


def _mending(rejects: str | None, target: list[str], reading: ImportArguments) -> str | None:
    """The command that imports the file of rejects, whose names are the API's, once it is mended."""
    times = {name: reading[name] for name in ("time_formats", "timezone", "ambiguous")}
    times["timezone"] = None if times["timezone"] == "UTC" else times["timezone"]
    return rejects and command("import", rejects, *target, *_named(times))


def _named(options: Mapping[str, Any]) -> list[str]:
    """The options that have a value, as a shell takes them."""
    return [
        word
        for name, values in options.items()
        for value in ([values] if isinstance(values, str) else values or ())
        for word in (f"--{name.removesuffix('s').replace('_', '-')}", value)
    ]
