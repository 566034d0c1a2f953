"""What the commands take, and how it is understood."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES, Environment

from asapp_conversations_importer import Files, ImportArguments, Query

from ..options import MODEST_RATE
from .output import errors_explained

UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE | re.ASCII)

# How --help groups the options: what most people need comes first.
Target = partial(typer.Option, rich_help_panel="Where to send")
Amount = partial(typer.Option, rich_help_panel="How much, and how fast")
Reading = partial(typer.Option, rich_help_panel="How the source is read")
Kept = partial(typer.Option, rich_help_panel="What is kept")
Shown = partial(typer.Option, rich_help_panel="What is shown")
Seldom = partial(typer.Option, rich_help_panel="Seldom needed")

LedgerArgument = Annotated[
    Path, typer.Argument(metavar="LEDGER", help="The ledger that `import` has named.")
]
LedgerFile = Annotated[
    str | None,
    Kept(
        "--ledger",
        metavar="FILE",
        help="The ledger to go on from, and to keep. By default it is beside the file that is "
        "read; a query and standard input have none of their own.",
    ),
]
Timeout = Annotated[float, Seldom(min=0.001, help="Give an attempt up after so many seconds.")]
Json = Annotated[
    bool, Shown("--json", help="Print one JSON object on standard output, and nothing else there.")
]
Quiet = Annotated[
    bool, Shown("--quiet", "-q", help="Print nothing but errors, and what --json asks for.")
]


def source(
    *,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Files of JSON Lines, JSON, CSV, TSV or Parquet, also packed by gzip or zstd. "
            "Patterns such as '*.jsonl' are expanded; - is standard input.",
            show_default=False,
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            metavar="SQL", help="Read the records that a query in DuckDB's SQL yields, not a FILE."
        ),
    ] = None,
) -> Files | Query:
    """What is to be read: files or a query, and not both."""
    if files and query:
        raise InvalidRequestError("give either files or --query: a query names its files itself")
    if query:
        return Query(query)
    if files:
        return Files(tuple(files))
    raise InvalidRequestError("name the files to read, or give --query")


def target(
    *,
    environment: Annotated[
        Environment | None,
        Target(help="ASAPP's environment; as ASAPP_ENVIRONMENT says, or the sandbox."),
    ] = None,
    base_url: Annotated[
        str | None,
        Target(
            metavar="URL", help="Another address than ASAPP's, which ASAPP_BASE_URL can tell, too."
        ),
    ] = None,
) -> ImportArguments:
    """Where to send."""
    return {"environment": environment, "base_url": base_url}


def pace(
    *,
    daily_limit: Annotated[
        int | None,
        Amount(
            min=1,
            metavar="N",
            help="Pause at so many requests in a UTC day, by all runs of the ledger.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        Amount(
            min=0.001,
            metavar="N",
            show_default=f"{MODEST_RATE:g}",
            help="Send so many requests a second at most. More of them refuse more of the live "
            "traffic that shares the limit.",
        ),
    ] = None,
) -> ImportArguments:
    """How much may be sent, and how fast."""
    return {"daily_limit": daily_limit, "rate": rate}


def bounds(
    *,
    max_body: Annotated[
        str, Seldom(metavar="BYTES", help="Send no larger request body than this.")
    ] = str(MAX_BODY_BYTES),
    memory_limit: Annotated[
        str, Seldom(metavar="BYTES", help="Keep the whole process within this memory.")
    ] = "1GB",
) -> ImportArguments:
    """How large a request and the process may become."""
    return {"max_body": parse_size(max_body), "memory_limit": parse_size(memory_limit)}


def reading(
    *,
    map_: Annotated[
        list[str] | None,
        Reading(
            "--map",
            metavar="FIELD=COLUMN",
            help="The column of the source that holds a field, such as text=utterance. Repeat it.",
        ),
    ] = None,
    map_value: Annotated[
        list[str] | None,
        Reading(
            metavar="FIELD:VALUE=MEANT",
            help="What a value stands for, such as sender_role:bot=system. Repeat it.",
        ),
    ] = None,
    null: Annotated[
        list[str] | None,
        Reading(
            metavar="TEXT", help="A text that means that nothing is there, such as NULL. Repeat it."
        ),
    ] = None,
    timezone: Annotated[
        str, Reading(metavar="ZONE", help="The zone of times that name none, such as Europe/Paris.")
    ] = "UTC",
    time_format: Annotated[
        list[str] | None,
        Reading(
            metavar="PATTERN",
            help="How times are written, tried before RFC 3339: a pattern of strptime, or epoch, "
            "epoch-ms, epoch-us or epoch-ns. Repeat it.",
        ),
    ] = None,
    ambiguous: Annotated[
        Literal["earlier", "later"] | None,
        Reading(help="Which moment a local time means that the clock showed twice, or never."),
    ] = None,
    delimiter: Annotated[
        str | None,
        Reading(
            metavar="CHARACTER",
            help="What parts the cells of CSV; found by itself where it can be.",
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        Reading(
            metavar="NAME", help="The encoding of files of text that are not UTF-8, such as cp1252."
        ),
    ] = None,
    one_line_rows: Annotated[
        bool,
        Reading(
            "--one-line-rows", help="Take each line of CSV for a row: no cell holds a line break."
        ),
    ] = False,
) -> ImportArguments:
    """How a source is read."""
    values: dict[str, dict[str, str]] = {}
    for field, pair in _pairs("--map-value", map_value, ":", "sender_role:bot=system"):
        value, meant = _pair("--map-value", pair, "=", "sender_role:bot=system")
        values.setdefault(field, {})[value] = meant
    return {
        "columns": dict(_pairs("--map", map_, "=", "text=utterance")),
        "values": values,
        "null": null or (),
        "timezone": timezone,
        "time_formats": time_format or (),
        "ambiguous": ambiguous,
        "delimiter": delimiter,
        "encoding": encoding,
        "one_line_rows": one_line_rows,
    }


GROUPS: dict[str, Callable[..., Any]] = {
    group.__name__: group for group in (source, reading, target, pace, bounds)
}


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the groups that it has parameters for, and their values."""
    own = inspect.signature(command, eval_str=True).parameters
    groups = {
        name: inspect.signature(GROUPS[name], eval_str=True).parameters
        for name in own
        if name in GROUPS
    }

    @wraps(command)
    def taking(**given: Any) -> None:
        with errors_explained():
            taken = {
                name: GROUPS[name](**{inner: given.pop(inner) for inner in inners})
                for name, inners in groups.items()
            }
        command(**given, **taken)

    parameters = [
        inner
        for name, outer in own.items()
        for inner in (groups[name].values() if name in groups else [outer])
    ]
    taking.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    taking.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return taking


def _pairs(
    option: str, texts: list[str] | None, sign: str, example: str
) -> Iterator[tuple[str, str]]:
    for text in texts or []:
        yield _pair(option, text, sign, example)


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
