"""What can be read, and how."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES
from attrs import field, frozen, validators

from .times import check_formats

STANDARD_INPUT = "-"

OneOrMore = str | Sequence[str]
Ambiguous = Literal["earlier", "later"]


class SourceError(InvalidRequestError):
    """A source that cannot be read as a whole: it stops before anything is sent."""


class ReadArguments(TypedDict, total=False):
    """What `ReadOptions` takes, and `import_messages` with it; it says what each means."""

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    null: OneOrMore
    timezone: str | tzinfo
    time_formats: OneOrMore
    ambiguous: Ambiguous | None
    delimiter: str | None
    encoding: str | None
    one_line_rows: bool


def _zone(zone: str | tzinfo) -> tzinfo:
    try:
        return ZoneInfo(zone) if isinstance(zone, str) else zone
    except (OSError, ValueError, KeyError):
        raise InvalidRequestError(
            f"timezone {zone}: there is no such zone; write a name such as America/New_York"
        ) from None


def _several(values: OneOrMore) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)


def _formats(patterns: OneOrMore) -> tuple[str, ...]:
    return check_formats(_several(patterns))


def _codec(name: str | None) -> str | None:
    try:
        "".encode(name or "utf-8")
        # Some encodings are of names in networks, and know no text that is damaged.
        codecs.getincrementaldecoder(name or "utf-8")("surrogateescape").decode(b"")
        return name and codecs.lookup(name).name
    except (LookupError, UnicodeError):
        raise InvalidRequestError(
            f"encoding {name}: no file has such an encoding; write a name such as cp1252 or utf-16"
        ) from None


def _delimiter(text: str | None) -> str | None:
    text = {"tab": "\t", "\\t": "\t"}.get(text or "", text)
    if text is not None and (len(text) != 1 or text in '"\r\n'):
        raise InvalidRequestError("delimiter: write one character, such as ';', or 'tab'")
    return text


@frozen
class ReadOptions:
    """How records are understood.

    Attributes:
        columns: the source's column for a field, where their names differ; a column inside
            another one is written with dots, `payload.body`.
        values: for a field, what a value of the source stands for: `{"sender_role":
            {"bot": "system"}}`; "" is a value that is missing.
        null: texts that mean that a value is missing.
        timezone: the zone of times that name none, or its name.
        time_formats: `strptime` patterns, or `epoch`, `epoch-ms`, `epoch-us`, `epoch-ns` for numbers
            of these units since 1970; preferred to the form of RFC 3339. A text that fits two of
            them, and would be two times, is rejected.
        ambiguous: which moment is meant by a local time that the clock showed twice, where the
            order of the source does not tell, or never; without it such a message is rejected.
        delimiter: what parts the cells of CSV; found by the header if it is not told.
        encoding: of files of text; UTF-8 if it is not told.
        one_line_rows: no cell of the CSV holds a line break, so that each line is a row.
        max_body_bytes: the largest request body; a message that fits none is rejected.
    """

    columns: Mapping[str, str] = field(factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(factory=dict)
    null: tuple[str, ...] = field(default=(), converter=_several)
    timezone: tzinfo = field(default=UTC, converter=_zone)
    time_formats: tuple[str, ...] = field(default=(), converter=_formats)
    ambiguous: Ambiguous | None = field(
        default=None, validator=validators.in_([None, "earlier", "later"])
    )
    delimiter: str | None = field(default=None, converter=_delimiter)
    encoding: str | None = field(default=None, converter=_codec)
    one_line_rows: bool = False
    max_body_bytes: int = MAX_BODY_BYTES


@frozen
class Files:
    """Files to read one after the other, in the order given.

    Attributes:
        paths: names, glob patterns, or "-" for standard input. JSON Lines (.jsonl, .ndjson), JSON
            (.json), CSV (.csv), TSV (.tsv) or Parquet (.parquet), by the name or else by the
            content; gzip and zstd are recognised by the content.
    """

    paths: tuple[str, ...]


@frozen
class Query:
    """A query in DuckDB's SQL, such as `SELECT … FROM 'export/*.json'`."""

    sql: str


@frozen
class Table:
    """A DuckDB relation, an Arrow table or reader, or a pandas or polars frame."""

    data: Any = field(repr=False)


@frozen
class Records:
    """Records that come grouped by conversation: each a message with its conversation's id, or a
    conversation with its messages.
    """

    data: Iterable[Mapping[str, Any]] = field(repr=False)


@frozen
class Snapshot:
    """Parquet with a conversation a row, as `prepare_import` or any engine has written it.

    Its messages are sent in the order in which they stand there. A row group of which nothing is
    left to send is not read again. None of its files may change once an import has begun.

    Attributes:
        paths: folders or files, also of `s3://`, `gs://` and `az://`.
    """

    paths: tuple[str, ...] = field(converter=_several)


Source = Files | Query | Table | Records | Snapshot
