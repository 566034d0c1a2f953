"""The commands of the importer in one application; `check` has a module of its own."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import counted
from asapp_conversations_emulator import Emulator
from attrs import evolve

from asapp_conversations_importer import (
    Files,
    ImportReport,
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
from .accounts import account_of_plan, account_of_report, account_of_standing, days_of, question
from .check import check
from .live import View
from .output import Outcome, fold, say
from .page import refuse_foreign, render_page, write_page
from .signals import Signals, interrupts
from .wording import command, environment_of


@p.takes(p.SOURCE, p.TARGET, p.PACE, p.READING, p.KEPT, p.SHOWN, p.SELDOM, but="conversation")
def import_(
    *,
    emulator: bool = False,
    yes: bool = False,
    report: str | None = None,
    quiet: bool = False,
    **given: Any,
) -> Outcome:
    """Send every message to its conversation, once, in order.

    Everything is read and checked before the first request leaves. The conversations have to exist,
    and to be named by the ids that ASAPP has given them. The same command again goes on where it
    stopped, whatever stopped it.

    Example: asapp-conversations import 'export/*.jsonl' --daily-limit 20000 --report monday.html

    Exit status: 0 all stored, or the trial is; 1 not all, or the report is not written; 2 wrong usage, nothing sent; 3 keys
    refused; 75 paused by a limit; 130 interrupted; 143 terminated.
    """
    source = _source(given)
    paths = () if isinstance(source, Query) else source.paths
    if emulator and {"environment", "base_url"} & given.keys():
        raise InvalidRequestError(
            "--emulator says where to send: leave out --base-url and --environment"
        )
    temporary = emulator and "ledger" not in given
    arguments: dict[str, Any] = {"rate": MODEST_RATE}
    interruption, held, more = Interruption(), dict[str, Any](), ""
    server: Emulator | None = None
    with ExitStack() as stack:
        if emulator:
            # It takes what it is sent and begins empty each time: nothing to pace, nothing to keep.
            server = stack.enter_context(Emulator())
            arguments = {"rate": None, "base_url": server.url, "credentials": server.credentials}
        if temporary:
            (name, *others) = paths or ("",)
            one = not others and Path(name).is_file()
            arguments["rejects"] = f"{name if one else 'asapp-import'}.rejects.jsonl"
            arguments["ledger"] = stack.enter_context(scratch_folder()) / "import.ledger"
        arguments |= given
        refuse_foreign(report, [*paths, arguments.get("ledger"), arguments.get("rejects")])
        signals = stack.enter_context(interrupts(interruption))
        # Records of the log go to the place where the view would be.
        quiet = quiet or bool(logging.getLogger("asapp_conversations").handlers)
        with View(sys.stderr, quiet=quiet) as view:
            result = import_messages(
                source,
                **arguments,
                interruption=interruption,
                on_progress=view.show,
                confirm=None if yes else asking(view, signals),
            )
        if server:
            held = server.stats()
            messages = counted(held["messages"], "message")
            conversations = counted(held["conversations"], "conversation")
            more = f"\n\nThe emulator held {messages} in {conversations}. It has stopped."
    if temporary:
        result = evolve(result, ledger=None)
    used = sys.argv[1:]
    again = command(*(_without_first(used) if result.trial_passed else used))
    mend = _mending(result.rejects, given, emulator=emulator)
    account = account_of_report(result, now=time.time(), again=again, mend=mend)
    status = result.exit_status
    if report:
        title, made = ", ".join(paths) or "query", datetime.now(UTC)
        page = render_page(account, result.samples, title=title, generated_at=made)
        if not write_page(Path(report), page):
            status = status or 1
    values = result.to_dict() | ({"emulator": held} if held else {})
    return Outcome(status, account, values, more)


@p.takes(
    *(p.SOURCE, p.PACE, p.READING, p.KEPT, p.SHOWN, p.SELDOM),
    but="first wait rejects report concurrency isolate timeout conversation",
)
def plan(
    *, quiet: bool = False, rate: float = MODEST_RATE, daily_limit: int | None = None, **given: Any
) -> Outcome:
    """Say what an import would do, and send nothing.

    It needs no keys, and reads and checks everything as the import will. Where an import has begun,
    it is about the rest.

    Example: asapp-conversations plan 'export/*.jsonl' --daily-limit 20000

    Exit status: 0, or 1 if records would be rejected, 2 wrong usage.
    """
    source = _source(given)
    with View(sys.stderr, quiet=quiet) as view:
        result = plan_import(source, **given, on_progress=view.show)
    account = account_of_plan(result, rate, daily_limit, command("import", *sys.argv[2:]))
    days = days_of(result.requests, daily_limit)
    values = result.to_dict() | {"seconds": result.requests / rate, "days": days}
    return Outcome(int(result.rejected > 0), account, values)


@p.takes(
    *(p.SOURCE, p.FOLDER, p.READING, p.SHOWN, p.SELDOM),
    but="prepared concurrency isolate timeout conversation",
)
def prepare(*, to: str | None = None, quiet: bool = False, **given: Any) -> Outcome:
    """Read, check and sort a source once, into a snapshot for `import --prepared`.

    An import of many days then begins at once on each of them. Nothing is sent.

    Example: asapp-conversations prepare 'export/*.parquet' --to snapshot

    Exit status: 0, or 1 if records are rejected, 2 wrong usage.
    """
    if not to:
        raise InvalidRequestError("name the folder of the snapshot with --to")
    source = _source(given)
    with View(sys.stderr, quiet=quiet) as view:
        result = prepare_import(source, to, **given, on_progress=view.show)
    account = account_of_plan(result, MODEST_RATE, None, command("import", to, "--prepared"))
    kept = given.get("rejects") or rejects_beside(to)
    more = f"\n\nThe rejects are in {kept}: mend and import them by themselves."
    told = more if Path(kept).exists() else ""
    return Outcome(int(result.rejected > 0), account, result.to_dict(), told)


@p.takes(p.NAMED_LEDGER, p.SHOWN, but="quiet")
def status(*, ledger: Path) -> Outcome:
    """Say where an import stands, what waits and why, also while it runs.

    Example: asapp-conversations status export.jsonl.ledger
    """
    standing = read_standing(ledger)
    return Outcome(0, account_of_standing(standing), standing.to_dict())


@p.takes(p.NAMED_LEDGER, p.OUTPUT)
def rejects(*, ledger: Path, output: Path | None = None, forget: bool = False) -> None:
    """Write the rejects of an import again, as JSON Lines to mend and import.

    Example: asapp-conversations rejects export.jsonl.ledger -o mend.jsonl
    """
    if forget and output:
        raise InvalidRequestError(
            "--forget writes nothing: leave out --output, or write the rejects before, without "
            "--forget"
        )
    if forget:
        count = counted(forget_rejects(ledger), "reject")
        say(f"{ledger} holds no record of its {count} any more.")
    elif output:
        write_rejects(output, rejects_of(ledger), known=None)
    elif not all(say(json.dumps(line, ensure_ascii=False)) for line in rejects_of(ledger)):
        raise typer.Exit(1)


def _without_first(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments that send what a trial has left."""
    left = iter(arguments)
    for argument in left:
        if argument == "--first":
            next(left)
        elif not argument.startswith("--first="):
            yield argument


def _source(given: dict[str, Any]) -> Files | Query | Snapshot:
    """What is to be read, taken from what was given: files, a snapshot or a query alone."""
    files, query = tuple(given.pop("files", ())), given.pop("query", None)
    if given.pop("prepared", False):
        if query or not files:
            raise InvalidRequestError("--prepared is about the folder of a snapshot: name it")
        return Snapshot(files)
    if files and query:
        raise InvalidRequestError("give either files or --query: a query names its files itself")
    if not files and not query:
        raise InvalidRequestError("name the files to read, or give --query")
    return Query(query) if query else Files(files)


def asking(view: View, signals: Signals) -> Callable[[ImportReport], bool] | None:
    """What asks before an import into production; None where nobody is there to be asked."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def confirm(report: ImportReport) -> bool:
        if environment_of(report.base_url) != "production":
            return True
        view.clear()
        sys.stderr.write("\n".join(fold(question(report))) + " [y/N] ")
        sys.stderr.flush()
        return signals.answer().strip().lower() in {"y", "yes"}

    return confirm


def _mending(rejects: str | None, given: Mapping[str, Any], *, emulator: bool) -> str | None:
    """The command that imports the file of rejects, whose names are the API's, once it is mended."""
    options = ["--emulator"] * emulator
    for name in ("environment", "base_url", "time_formats", "timezone", "ambiguous"):
        values, flag = given.get(name, ()), f"--{name.removesuffix('s').replace('_', '-')}"
        for value in [values] if isinstance(values, str) else values:
            options += [flag, value]
    return rejects and command("import", rejects, *options)


app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]}, pretty_exceptions_enable=False
)
for each in (import_, plan, prepare, check, status, rejects):
    # A paragraph is as wide as the terminal, whatever its lines in the source are.
    paragraphs = (" ".join(part.split()) for part in (each.__doc__ or "").split("\n\n"))
    app.command(each.__name__.strip("_"), help="\n\n".join(paragraphs))(each)
