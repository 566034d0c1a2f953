"""What the commands take, and how it is understood."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from asapp_conversations import InvalidRequestError

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
Columns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="The source's name for a field; repeat it."),
]
Zone = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Of times that name none: Europe/Paris.")
]
TimeFormats = Annotated[
    list[str] | None,
    typer.Option("--time-format", metavar="PATTERN", help="strptime, tried before ISO 8601."),
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
    float | None, typer.Option("--rate", min=0.001, metavar="N", help="Requests a second.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors, --json and no more.")]


def parse_columns(pairs: list[str]) -> dict[str, str]:
    """The column of each field, from `field=column`."""
    columns = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise InvalidRequestError(f"--map {pair}: write field=column, such as text=utterance")
        columns[field] = column
    return columns


def parse_size(text: str) -> int:
    """Bytes from `512MB`, `1.5 GiB` or a plain number."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise InvalidRequestError(f"{text!r} is no size: write 500MB, 1GB or a number of bytes")
    number, unit, binary = match.groups()
    factor = UNITS[unit.upper()]
    return int(float(number) * (1024 ** round(len(str(factor)) / 3) if binary else factor))


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of that name (IANA)."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise InvalidRequestError(
            f"--timezone {name}: there is no such zone; write a name such as America/New_York"
        ) from None
