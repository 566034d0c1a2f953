"""What the commands take, and how it is understood."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, Literal

import typer
from asapp_conversations import InvalidRequestError

from asapp_conversations_importer import ImportArguments

from .wrong_usage import errors_explained

UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE | re.ASCII)

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="JSON Lines, JSON, CSV, TSV or Parquet, .gz and .zst too; globs; - for standard input.",
        show_default=False,
    ),
]
Sql = Annotated[
    str | None,
    typer.Option("--query", metavar="SQL", help="DuckDB SQL that yields the records, for no FILE."),
]
LedgerFile = Annotated[
    str | None,
    typer.Option("--ledger", metavar="FILE", help="What the import goes on from; by the input."),
]
MaxBody = Annotated[
    str, typer.Option("--max-body", metavar="BYTES", help="The largest request body.")
]
MemoryLimit = Annotated[
    str, typer.Option("--memory-limit", metavar="BYTES", help="For the whole process.")
]
DailyLimit = Annotated[
    int | None,
    typer.Option("--daily-limit", min=1, metavar="N", help="Requests in a UTC day, all runs."),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        min=0.001,
        metavar="N",
        help="Requests a second at most; 20 by default, with regard for live traffic.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors, --json and no more.")]


def reading(
    *,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=COLUMN", help="The source's name for a field; repeat it."
        ),
    ] = None,
    map_value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD:VALUE=MEANT",
            help="What a value stands for, such as sender_role:bot=system; repeat it.",
        ),
    ] = None,
    null: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A text that means that nothing is there; repeat it."),
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="Of times that name none: Europe/Paris.")
    ] = "UTC",
    time_format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Of strptime, or epoch, epoch-ms, epoch-us, epoch-ns; before RFC 3339; repeat it.",
        ),
    ] = None,
    ambiguous: Annotated[
        Literal["earlier", "later"] | None,
        typer.Option(
            help="The moment meant by a local time that the clock showed twice, or never."
        ),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHARACTER", help="Between cells of CSV, if not found.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of files of text that are not UTF-8.")
    ] = None,
    one_line_rows: Annotated[
        bool, typer.Option("--one-line-rows", help="No cell of the CSV holds a line break.")
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


def reads_a_source(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `reading`, and their values as its argument of that name."""
    own = inspect.signature(command, eval_str=True).parameters
    shared = inspect.signature(reading, eval_str=True).parameters

    @wraps(command)
    def taking(**given: Any) -> None:
        with errors_explained():
            arguments = reading(**{name: given.pop(name) for name in shared})
        command(**given, reading=arguments)

    parameters = [
        inner
        for name, outer in own.items()
        for inner in (shared.values() if name == "reading" else [outer])
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
