"""The commands, but for `check`."""

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
    forget_rejects,
    import_messages,
    plan_import,
    prepare_import,
    read_standing,
    rejects_of,
    write_rejects,
)

from ..options import MODEST_RATE
from ..prepare import rejects_beside
from ..reading.scratch import scratch_folder
from . import parameters as p
from .confirm import asking
from .live import View
from .output import finish, say
from .page import refuse_foreign, render_page, write_page
from .plan_account import account_of_plan, days_of
from .report_account import account_of_report
from .signals import interrupts
from .standing_account import account_of_standing
from .wording import command, counted


@p.takes(
    *(p.SOURCE, p.PREPARED, p.TARGET, p.PACE, p.TRIAL, p.READING, p.KEPT, p.SHOWN),
    *(p.SENDING, p.BOUNDS),
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
    source = _source(files, query, prepared=prepared)
    if emulator and {"environment", "base_url"} & given.keys():
        raise InvalidRequestError(
            "--emulator says where to send: leave out --base-url and --environment"
        )
    temporary = emulator and "ledger" not in given
    arguments: dict[str, Any] = {"rate": MODEST_RATE}
    interruption, held = Interruption(), dict[str, Any]()
    with ExitStack() as stack:
        if emulator:
            # It takes what it is sent and begins empty each time: nothing to pace, nothing to keep.
            server = stack.enter_context(Emulator())
            arguments = {"rate": None, "base_url": server.url, "credentials": server.credentials}
        if temporary:
            one = len(files) == 1 and Path(files[0]).is_file()
            arguments["rejects"] = f"{files[0] if one else 'asapp-import'}.rejects.jsonl"
            arguments["ledger"] = stack.enter_context(scratch_folder()) / "import.ledger"
        arguments |= given
        refuse_foreign(report, [*files, arguments.get("ledger"), arguments.get("rejects")])
        signals = stack.enter_context(interrupts(interruption))
        # Records of the log go to the place where the view would be.
        quiet_view = quiet or bool(logging.getLogger("asapp_conversations").handlers)
        with View(sys.stderr, quiet=quiet_view) as view:
            result = import_messages(
                source,
                **arguments,
                interruption=interruption,
                on_progress=view.show,
                confirm=None if yes else asking(view, signals),
            )
        if emulator:
            held = {"emulator": server.stats()}
    if temporary:
        result = evolve(result, ledger=None)
    again, mend = command(*sys.argv[1:]), _mending(result.rejects, given, emulator=emulator)
    account = account_of_report(result, now=time.time(), again=again, mend=mend)
    ended = result.exit_status
    if report:
        title, made = ", ".join(files) or "query", datetime.now(UTC)
        page = render_page(account, result.samples, title=title, generated_at=made)
        if not write_page(Path(report), page):
            ended = ended or 1
    finish(
        ended,
        account,
        result.to_dict() | held,
        more="".join(map(_held, held.values())),
        as_json=as_json,
        quiet=quiet,
    )


@p.takes(p.SOURCE, p.PREPARED, p.PACE, p.READING, p.LEDGER, p.SHOWN, p.BOUNDS)
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
    source = _source(files, query, prepared=prepared)
    with View(sys.stderr, quiet=quiet) as view:
        result = plan_import(source, **given, on_progress=view.show)
    finish(
        int(result.rejected > 0),
        account_of_plan(result, rate, daily_limit, command("import", *sys.argv[2:])),
        result.to_dict()
        | {"seconds": result.requests / rate, "days": days_of(result.requests, daily_limit)},
        as_json=as_json,
        quiet=quiet,
    )


@p.takes(p.SOURCE, p.FOLDER, p.READING, p.SHOWN, p.BOUNDS)
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
    if not to:
        raise InvalidRequestError("name the folder of the snapshot with --to")
    source = _source(files, query)
    with View(sys.stderr, quiet=quiet) as view:
        result = prepare_import(source, to, **given, on_progress=view.show)
    kept = given.get("rejects") or rejects_beside(to)
    rejected = f"\n\nThe rejects are in {kept}: mend and import them by themselves."
    finish(
        int(result.rejected > 0),
        account_of_plan(result, MODEST_RATE, None, command("import", to, "--prepared")),
        result.to_dict(),
        more=rejected if result.rejected else "",
        as_json=as_json,
        quiet=quiet,
    )


@p.takes(p.NAMED_LEDGER, p.AS_JSON)
def status(*, ledger: Path, as_json: bool = False) -> None:
    """Say where an import stands, what waits and why, also while it runs.

    Example: asapp-conversations status export.jsonl.ledger
    """
    standing = read_standing(ledger)
    finish(0, account_of_standing(standing), standing.to_dict(), as_json=as_json)


@p.takes(p.NAMED_LEDGER, p.OUTPUT)
def rejects(*, ledger: Path, output: Path | None = None, forget: bool = False) -> None:
    """Write the rejects of an import again, as JSON Lines to mend and import.

    Example: asapp-conversations rejects export.jsonl.ledger -o mend.jsonl
    """
    if forget:
        count = counted(forget_rejects(ledger), "reject")
        say(f"{ledger} holds no record of its {count} any more.")
    elif output:
        write_rejects(output, rejects_of(ledger), known=None)
    elif not all(say(json.dumps(line, ensure_ascii=False)) for line in rejects_of(ledger)):
        raise typer.Exit(1)


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


def _held(stats: Mapping[str, Any]) -> str:
    messages = counted(stats["messages"], "message")
    conversations = counted(stats["conversations"], "conversation")
    return f"\n\nThe emulator held {messages} in {conversations}. It has stopped."


def _mending(rejects: str | None, given: Mapping[str, Any], *, emulator: bool) -> str | None:
    """The command that imports the file of rejects, whose names are the API's, once it is mended."""
    kept = ("environment", "base_url", "time_formats", "timezone", "ambiguous")
    options = [
        word
        for name in kept
        for value in ([given[name]] if isinstance(given.get(name), str) else given.get(name, ()))
        for word in (f"--{name.removesuffix('s').replace('_', '-')}", value)
    ]
    return rejects and command("import", rejects, *["--emulator"] * emulator, *options)
