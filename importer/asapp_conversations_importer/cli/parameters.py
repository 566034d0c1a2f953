"""What the commands take: each option stands here once, under its name in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any, Literal

import typer
from asapp_conversations import AsappError, InvalidRequestError
from asapp_conversations.toolkit import Environment

from ..options import MODEST_RATE, MOST_SIDE_BY_SIDE
from .output import WRONG_USAGE, Outcome, complain, explained, finish
from .signals import end, handled

TEXT, TEXTS, FLAG = str | None, list[str] | None, bool | None
COUNT, NUMBER = int | None, float | None

Command = Callable[..., Outcome | None]


def option(
    kind: Any, words: str, metavar: str | None = None, *flags: str, **more: Any
) -> tuple[Any, Any]:
    """An option that is called as its name in Python, unless flags say otherwise."""
    return kind, typer.Option(None, *flags, help=words, metavar=metavar, **more)


def panel(title: str, **options: tuple[Any, Any]) -> list[Parameter]:
    """What --help shows under a title."""
    for name, (kind, info) in options.items():
        info.rich_help_panel = title or None
        if kind == FLAG and not info.param_decls:
            info.param_decls = [f"--{name.replace('_', '-')}"]
    return [
        Parameter(name, Parameter.KEYWORD_ONLY, default=info, annotation=kind)
        for name, (kind, info) in options.items()
    ]


SOURCE = panel(
    "",
    files=(
        TEXTS,
        typer.Argument(
            None,
            help="Files of JSON Lines, JSON, CSV, TSV or Parquet, also packed by gzip or zstd. "
            "Patterns such as '*.jsonl' are expanded; - is standard input.",
            metavar="[FILE]...",
        ),
    ),
    query=option(TEXT, "Read what a query in DuckDB's SQL yields, and not a FILE.", "SQL"),
    prepared=option(
        FLAG, "FILE is a snapshot, or its folder: it is sent as it stands there, in its order."
    ),
)
FOLDER = panel(
    "Where to write",
    to=option(TEXT, "The folder of the snapshot; it has to be new.", "FOLDER"),
    rejects=option(
        TEXT, "Where rejected records go, into a new file; by default beside FOLDER.", "FILE"
    ),
)
TARGET = panel(
    "Where to send",
    environment=option(
        Environment | None, "ASAPP's environment; as ASAPP_ENVIRONMENT says, or the sandbox."
    ),
    base_url=option(TEXT, "Another address than ASAPP's, as ASAPP_BASE_URL tells one.", "URL"),
    emulator=option(FLAG, "Send to a local emulator of the API, which ends at the end."),
    yes=option(FLAG, "Do not ask before the first import into production."),
)
PACE = panel(
    "How much, and how fast",
    daily_limit=option(
        COUNT, "Pause at so many requests in a UTC day, by all runs of the ledger.", "N", min=1
    ),
    rate=option(
        NUMBER,
        f"Send so many requests a second at most, by default {MODEST_RATE:g}. More of them refuse "
        "more of the live traffic that shares the limit.",
        "N",
        min=0.001,
    ),
    first=option(
        COUNT,
        "Send N conversations and stop, as a trial that a later run goes on from.",
        "N",
        min=1,
    ),
    wait=option(FLAG, "Sleep through a pause, and go on by itself."),
)
READING = panel(
    "How the source is read",
    columns=option(
        TEXTS,
        "The column of the source that holds a field, such as text=utterance. Repeat it.",
        "FIELD=COLUMN",
        "--map",
    ),
    values=option(
        TEXTS,
        "What a value stands for, such as sender_role:bot=system. Repeat it.",
        "FIELD:VALUE=MEANT",
        "--map-value",
    ),
    null=option(TEXTS, "A text that means that nothing is there, such as NULL. Repeat it.", "TEXT"),
    timezone=option(
        TEXT, "The zone of times that name none, such as Europe/Paris; by default UTC.", "ZONE"
    ),
    time_formats=option(
        TEXTS,
        "How times are written, tried before RFC 3339: a pattern of strptime, or epoch, epoch-ms, "
        "epoch-us or epoch-ns. Repeat it.",
        "PATTERN",
        "--time-format",
    ),
    ambiguous=option(
        Literal["earlier", "later"] | None,
        "Which moment a local time means that the clock showed twice, or never.",
    ),
    delimiter=option(
        TEXT, "What parts the cells of CSV; found by itself where it can be.", "CHARACTER"
    ),
    encoding=option(
        TEXT, "The encoding of files of text that are not UTF-8, such as cp1252.", "NAME"
    ),
    one_line_rows=option(FLAG, "Take each line of CSV for a row: no cell holds a line break."),
)
KEPT = panel(
    "What is kept",
    ledger=option(
        TEXT,
        "The ledger to go on from, and to keep. By default it is beside the file that is read; a "
        "query and standard input have none of their own.",
        "FILE",
    ),
    rejects=option(TEXT, "Where rejected records go; by default beside the ledger.", "FILE"),
    report=option(TEXT, "Leave a page about the run, to hand on.", "FILE.html"),
)
SHOWN = panel(
    "What is shown",
    as_json=option(
        FLAG, "Print one JSON object on standard output, and nothing else there.", None, "--json"
    ),
    quiet=option(FLAG, "Print errors alone, and what --json asks for.", None, "--quiet", "-q"),
)
SELDOM = panel(
    "Seldom needed",
    concurrency=option(
        COUNT,
        "Send so many conversations side by side at most; by default 100.",
        "N",
        min=1,
        max=MOST_SIDE_BY_SIDE,
    ),
    isolate=option(
        FLAG, "Reject the whole batch in which ASAPP refuses a message.", None, " /--no-isolate"
    ),
    timeout=option(
        NUMBER, "Give an attempt up after so many seconds; by default 30.", "SECONDS", min=0.001
    ),
    conversation=option(TEXT, "An id for the request; no conversation has to have it.", "ID"),
    max_body=option(TEXT, "Send no larger request body; by default 10MiB.", "BYTES"),
    memory_limit=option(TEXT, "Keep the process within this memory; by default 1GB.", "BYTES"),
)
NAMED_LEDGER = panel(
    "", ledger=(Path, typer.Argument(help="The ledger that `import` has named.", metavar="LEDGER"))
)
OUTPUT = panel(
    "What is kept",
    output=option(
        Path | None, "Write them there, and not to the screen.", "FILE", "--output", "-o"
    ),
    forget=option(FLAG, "Remove the rejected records from the ledger instead."),
)


def takes(*panels: list[Parameter], but: str = "") -> Callable[[Command], Callable[..., None]]:
    """Give a command these options but for some, the most needed first, and print its outcome.

    It gets by keyword those that were given, read as `import_messages` takes them.
    """
    parameters = [each for panel in panels for each in panel if each.name not in but.split()]

    def decorate(command: Command) -> Callable[..., None]:
        @wraps(command)
        def taking(*, as_json: bool | None = None, **given: Any) -> None:
            told = {name: value for name, value in given.items() if value not in (None, [])}
            with handled(end):
                try:
                    for name in READERS.keys() & told.keys():
                        told[name] = READERS[name](told[name])
                    outcome = command(**told)
                except (AsappError, OSError) as error:
                    complain(explained(error))
                    raise typer.Exit(WRONG_USAGE) from None
                if outcome:
                    finish(outcome, as_json=bool(as_json), quiet="quiet" in told)

        taking.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        taking.__annotations__ = {each.name: each.annotation for each in parameters}
        return taking

    return decorate


def _columns(texts: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in texts:
        field, column = _parts("--map", text, "(.*?)=(.+)", "text=utterance")
        _set_once(columns, field, column, f"--map {text}")
    return columns


def _values(texts: list[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for text in texts:
        form, example = "(.*?):(.*?)=(.+)", "sender_role:bot=system"
        field, value, meant = _parts("--map-value", text, form, example)
        _set_once(values.setdefault(field, {}), value, meant, f"--map-value {text}")
    return values


def _set_once(meanings: dict[str, str], name: str, meaning: str, told: str) -> None:
    if meanings.setdefault(name, meaning) != meaning:
        raise InvalidRequestError(f"{told}: {name!r} has another meaning already; give it one")


def _parts(option: str, text: str, form: str, example: str) -> Any:
    match = re.fullmatch(form, text, re.DOTALL)
    if not match:
        raise InvalidRequestError(f"{option} {text}: write it like {option} {example}")
    return match.groups()


def parse_size(text: str) -> int:
    """Bytes from `512MB`, `1.5 GiB` or a plain number."""
    form = r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i)?B?"
    match = re.fullmatch(form, text.strip(), re.IGNORECASE | re.ASCII)
    if not match:
        raise InvalidRequestError(f"{text!r} is no size: write 500MB, 1GB or a number of bytes")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** " KMGT".index(unit.upper() or " "))


READERS: dict[str, Callable[[Any], Any]] = {
    "columns": _columns,
    "values": _values,
    "max_body": parse_size,
    "memory_limit": parse_size,
}
