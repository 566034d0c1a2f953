"""The commands that read a source: `import` and `plan`."""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES, Environment
from asapp_conversations_emulator import Emulator
from attrs import evolve

from asapp_conversations_importer import (
    Files,
    ImportArguments,
    ImportReport,
    Interruption,
    Query,
    import_messages,
    plan_import,
)

from ..options import MODEST_RATE
from . import parameters as p
from .live import shown
from .page import render_page
from .plan_text import plan_text, plan_values
from .signals import interrupts
from .summary import summary
from .wording import counted
from .wrong_usage import errors_explained


@p.reads_a_source
def import_(
    *,
    files: p.Sources = None,
    query: p.Sql = None,
    reading: ImportArguments,
    emulator: Annotated[
        bool,
        typer.Option("--emulator", help="Send to a local emulator of the API instead of ASAPP."),
    ] = False,
    ledger: p.LedgerFile = None,
    rejects: Annotated[
        str | None, typer.Option("--rejects", metavar="FILE", help="Takes what was rejected.")
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE.html", help="A page to hand on.")
    ] = None,
    daily_limit: p.DailyLimit = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Sleep until the limit comes back, and go on.")
    ] = False,
    rate: p.Rate = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="How many conversations are sent side by side.")
    ] = 16,
    isolate: Annotated[
        bool, typer.Option(" /--no-isolate", help="Reject the whole batch that ASAPP refuses.")
    ] = True,
    max_body: p.MaxBody = str(MAX_BODY_BYTES),
    memory_limit: p.MemoryLimit = "1GB",
    environment: Annotated[
        Environment | None,
        typer.Option(help="Where to send: ASAPP's sandbox or production. [ASAPP_ENVIRONMENT]"),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Another address. [ASAPP_BASE_URL]")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds for each attempt.")] = 30.0,
    as_json: p.Json = False,
    quiet: p.Quiet = False,
) -> None:
    """Send every message to its conversation, once, in order.

    Everything is read and checked before the first request leaves. The same command again goes
    on where it stopped.

    Exit status: 0 all stored, 1 not all, 2 wrong usage, 3 keys refused, 75 paused by a limit,
    130 interrupted, 143 terminated.
    """
    with errors_explained(), ExitStack() as stack:
        source = files_or_query(files, query)
        if emulator and (base_url or environment):
            raise InvalidRequestError(
                "--emulator says where to send: leave out --base-url and --environment"
            )
        if report and not Path(report).parent.is_dir():
            raise InvalidRequestError(
                f"--report {report}: there is no folder {Path(report).parent}"
            )
        interruption = Interruption()
        arguments: ImportArguments = {
            **reading,
            "ledger": ledger,
            "rejects": rejects,
            "daily_limit": daily_limit,
            "wait": wait,
            "concurrency": concurrency,
            "isolate": isolate,
            "max_body": p.parse_size(max_body),
            "memory_limit": p.parse_size(memory_limit),
            "environment": environment,
            "base_url": base_url,
            "timeout": timeout,
            "rate": rate or MODEST_RATE,
            "interruption": interruption,
        }
        stack.enter_context(interrupts(interruption))
        server = stack.enter_context(Emulator()) if emulator else None
        if server:
            arguments |= emulator_arguments(server, stack, rate, ledger)
            arguments["rejects"] = rejects or rejects_beside(files)
        with shown(sys.stderr, quiet=quiet or logs_are_shown()) as show:
            arguments["on_progress"] = show
            result = import_messages(source, **arguments)
        held = server.stats() if server else None
        if server and not ledger:
            # It was temporary, like what it speaks of.
            result = evolve(result, ledger=None)
        if as_json:
            typer.echo(json.dumps(result.to_dict() | ({"emulator": held} if held else {})))
        elif not quiet:
            again = rejects_command(result, reading)
            typer.echo(closing_words(result, again, held))
    status = result.exit_status
    if report and not write_page(Path(report), result, title=" ".join(files or ["query"])):
        status = status or 1
    raise typer.Exit(status)


@p.reads_a_source
def plan(
    *,
    files: p.Sources = None,
    query: p.Sql = None,
    reading: ImportArguments,
    ledger: p.LedgerFile = None,
    daily_limit: p.DailyLimit = None,
    rate: p.Rate = None,
    max_body: p.MaxBody = str(MAX_BODY_BYTES),
    memory_limit: p.MemoryLimit = "1GB",
    as_json: p.Json = False,
    quiet: p.Quiet = False,
) -> None:
    """Say what an import would do, and send nothing.

    Needs no keys. Exit status: 0, or 1 if records would be rejected, 2 wrong usage.
    """
    with errors_explained():
        source = files_or_query(files, query)
        arguments: ImportArguments = {
            **reading,
            "ledger": ledger,
            "max_body": p.parse_size(max_body),
            "memory_limit": p.parse_size(memory_limit),
        }
        with shown(sys.stderr, quiet=quiet) as show:
            arguments["on_progress"] = show
            result = plan_import(source, **arguments)
    allowed = rate or MODEST_RATE, daily_limit
    if as_json:
        typer.echo(json.dumps(plan_values(result, *allowed)))
    else:
        typer.echo(plan_text(result, *allowed))
    raise typer.Exit(1 if result.rejected else 0)


def files_or_query(files: list[str] | None, query: str | None) -> Files | Query:
    """What is to be read: files or a query, and not both."""
    if files and query:
        raise InvalidRequestError("give either files or --query: a query names its files itself")
    if query:
        return Query(query)
    if files:
        return Files(tuple(files))
    raise InvalidRequestError("name the files to read, or give --query")


def emulator_arguments(
    server: Emulator, stack: ExitStack, rate: float | None, ledger: str | None
) -> ImportArguments:
    """The arguments that point an import at the emulator in this process.

    It takes what it is sent and begins empty each time, so there is nothing to pace and, unless
    a ledger is named, nothing to keep.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return {
        "base_url": server.url,
        "credentials": server.credentials,
        "rate": rate,
        "ledger": ledger or folder / "import.ledger",
    }


def rejects_beside(files: list[str] | None) -> Path:
    """Where rejects go when the ledger is temporary."""
    one = files is not None and len(files) == 1 and Path(files[0]).is_file()
    return Path(f"{files[0] if files and one else 'asapp-import'}.rejects.jsonl")


def closing_words(
    report: ImportReport, rejects_again: str | None, held: dict[str, Any] | None
) -> str:
    """What a person reads at the end of an import."""
    words = summary(
        report,
        command(*sys.argv[1:]),
        now=time.time(),
        rejects_command=rejects_again,
        width=shutil.get_terminal_size().columns,
    )
    if held is None:
        return words
    return (
        f"{words}\n\nThe emulator held {counted(held['messages'], 'message')} in "
        f"{counted(held['conversations'], 'conversation')}. It has stopped."
    )


def logs_are_shown() -> bool:
    """Whether records of the log go to the place where the view would be."""
    return bool(logging.getLogger("asapp_conversations").handlers)


def command(*arguments: str) -> str:
    """A command of this program, as a shell takes it."""
    return shlex.join(["asapp-conversations", *arguments])


def rejects_command(report: ImportReport, reading: ImportArguments) -> str | None:
    """The command that imports the file of rejects, whose names are the API's, once it is mended."""
    if report.rejects is None:
        return None
    arguments = ["import", report.rejects]
    for pattern in reading["time_formats"]:
        arguments += ["--time-format", pattern]
    if reading["timezone"] != "UTC":
        arguments += ["--timezone", str(reading["timezone"])]
    if reading["ambiguous"]:
        arguments += ["--ambiguous", reading["ambiguous"]]
    return command(*arguments)


def write_page(path: Path, report: ImportReport, title: str) -> bool:
    """Write the page about a run; False, with a word about it, if that is not possible."""
    page = render_page(report, title=title, generated_at=datetime.now(UTC))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        typer.echo(f"Error: {path}: the page cannot be written: {error.strerror}", err=True)
        return False
    return True
