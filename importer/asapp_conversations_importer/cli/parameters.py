"""What the commands take: each option stands here once, under its name in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any, Literal

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import Environment

from ..options import MODEST_RATE
from .output import errors_explained

UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE | re.ASCII)

OPTION, TEXTS = str | None, list[str] | None

Specification = tuple[Any, str, dict[str, Any]]
"""Type, help, and what else typer is told."""


def option(kind: Any, words: str, metavar: str | None = None, **more: Any) -> Specification:
    """An option that is called as its name in Python, unless `flag` says otherwise."""
    return kind, words, {"metavar": metavar, **more}


SOURCE = {
    "files": option(
        TEXTS,
        "Files of JSON Lines, JSON, CSV, TSV or Parquet, also packed by gzip or zstd. Patterns such "
        "as '*.jsonl' are expanded; - is standard input.",
        "[FILE]...",
        positional=True,
    ),
    "query": option(OPTION, "Read what a query in DuckDB's SQL yields, and not a FILE.", "SQL"),
}
PREPARED = {
    "prepared": option(
        bool, "FILE is a snapshot, or its folder: it is sent as it stands there, in its order."
    )
}
FOLDER = {
    "to": option(OPTION, "The folder of the snapshot; it has to be new.", "FOLDER"),
    "rejects": option(
        OPTION, "Where rejected records go, into a new file; by default beside FOLDER.", "FILE"
    ),
}
ADDRESS = {
    "environment": option(
        Environment | None, "ASAPP's environment; as ASAPP_ENVIRONMENT says, or the sandbox."
    ),
    "base_url": option(OPTION, "Another address than ASAPP's, as ASAPP_BASE_URL tells one.", "URL"),
}
TARGET = {
    **ADDRESS,
    "emulator": option(bool, "Send to a local emulator of the API, which ends at the end."),
    "yes": option(bool, "Do not ask before the first import into production."),
}
PACE = {
    "daily_limit": option(
        int | None, "Pause at so many requests in a UTC day, by all runs of the ledger.", "N", min=1
    ),
    "rate": option(
        float | None,
        f"Send so many requests a second at most, by default {MODEST_RATE:g}. More of them refuse "
        "more of the live traffic that shares the limit.",
        "N",
        min=0.001,
    ),
}
TRIAL = {
    "first": option(
        int | None,
        "Send N conversations and stop, as a trial that a later run goes on from.",
        "N",
        min=1,
    ),
    "wait": option(bool, "Sleep through a pause, and go on by itself."),
}
READING = {
    "columns": option(
        TEXTS,
        "The column of the source that holds a field, such as text=utterance. Repeat it.",
        "FIELD=COLUMN",
        flag="--map",
    ),
    "values": option(
        TEXTS,
        "What a value stands for, such as sender_role:bot=system. Repeat it.",
        "FIELD:VALUE=MEANT",
        flag="--map-value",
    ),
    "null": option(
        TEXTS, "A text that means that nothing is there, such as NULL. Repeat it.", "TEXT"
    ),
    "timezone": option(
        OPTION, "The zone of times that name none, such as Europe/Paris; by default UTC.", "ZONE"
    ),
    "time_formats": option(
        TEXTS,
        "How times are written, tried before RFC 3339: a pattern of strptime, or epoch, epoch-ms, "
        "epoch-us or epoch-ns. Repeat it.",
        "PATTERN",
        flag="--time-format",
    ),
    "ambiguous": option(
        Literal["earlier", "later"] | None,
        "Which moment a local time means that the clock showed twice, or never.",
    ),
    "delimiter": option(
        OPTION, "What parts the cells of CSV; found by itself where it can be.", "CHARACTER"
    ),
    "encoding": option(
        OPTION, "The encoding of files of text that are not UTF-8, such as cp1252.", "NAME"
    ),
    "one_line_rows": option(bool, "Take each line of CSV for a row: no cell holds a line break."),
}
LEDGER = {
    "ledger": option(
        OPTION,
        "The ledger to go on from, and to keep. By default it is beside the file that is read; a "
        "query and standard input have none of their own.",
        "FILE",
    )
}
KEPT = {
    **LEDGER,
    "rejects": option(OPTION, "Where rejected records go; by default beside the ledger.", "FILE"),
    "report": option(OPTION, "Leave a page about the run, to hand on.", "FILE.html"),
}
AS_JSON = {
    "as_json": option(
        bool, "Print one JSON object on standard output, and nothing else there.", flag="--json"
    )
}
SHOWN = {
    **AS_JSON,
    "quiet": option(bool, "Print errors alone, and what --json asks for.", short="-q"),
}
BOUNDS = {
    "max_body": option(OPTION, "Send no larger request body; by default 10MiB.", "BYTES"),
    "memory_limit": option(OPTION, "Keep the process within this memory; by default 1GB.", "BYTES"),
}
TIMEOUT = {
    "timeout": option(
        float | None,
        "Give an attempt up after so many seconds; by default 30.",
        "SECONDS",
        min=0.001,
    )
}
SENDING = {
    "concurrency": option(
        int | None,
        "Send so many conversations side by side at most; by default 100.",
        "N",
        min=1,
    ),
    "isolate": option(
        bool | None,
        "Reject the whole batch in which ASAPP refuses a message.",
        flag=" /--no-isolate",
        show_default=False,
    ),
    **TIMEOUT,
}


def takes(
    panels: dict[str, dict[str, Specification]],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these options, grouped by what they are for, the most needed first.

    It gets by keyword those that were given, read as `import_messages` takes them.
    """
    parameters = [
        _parameter(name, panel, *specification)
        for panel, options in panels.items()
        for name, specification in options.items()
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def taking(**given: Any) -> None:
            with errors_explained():
                read = {
                    name: READERS.get(name, lambda value: value)(value)
                    for name, value in given.items()
                    if value not in (None, False, []) or (name == "isolate" and value is False)
                }
            command(**read)

        taking.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        taking.__annotations__ = {each.name: each.annotation for each in parameters}
        return taking

    return decorate


def _parameter(name: str, panel: str, kind: Any, words: str, more: dict[str, Any]) -> Parameter:
    more = dict(more)
    flags = [more.pop("flag", f"--{name.replace('_', '-')}"), *more.pop("short", "").split()]
    default: Any = ... if kind is Path else False if kind is bool else None
    if more.pop("positional", False):
        info: Any = typer.Argument(default, help=words, **more)
    else:
        info = typer.Option(default, *flags, help=words, rich_help_panel=panel or None, **more)
    return Parameter(name, Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def _columns(texts: list[str]) -> dict[str, str]:
    return dict(_pair("--map", text, "=", "text=utterance") for text in texts)


def _values(texts: list[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for text in texts:
        field, pair = _pair("--map-value", text, ":", "sender_role:bot=system")
        value, meant = _pair("--map-value", pair, "=", "sender_role:bot=system")
        values.setdefault(field, {})[value] = meant
    return values


def _pair(option: str, text: str, sign: str, example: str) -> tuple[str, str]:
    """What stands before and behind the first sign."""
    before, found, behind = text.partition(sign)
    if not (found and behind):
        raise InvalidRequestError(f"{option} {text}: write it like {option} {example}")
    return before, behind


def parse_size(text: str) -> int:
    """Bytes from `512MB`, `1.5 GiB` or a plain number."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise InvalidRequestError(f"{text!r} is no size: write 500MB, 1GB or a number of bytes")
    number, unit, binary = match.groups()
    factor = UNITS[unit.upper()]
    return int(float(number) * (1024 ** round(len(str(factor)) / 3) if binary else factor))


READERS: dict[str, Callable[[Any], Any]] = {
    "columns": _columns,
    "values": _values,
    "max_body": parse_size,
    "memory_limit": parse_size,
}
