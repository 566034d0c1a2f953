"""What can be read, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Any

from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES
from attrs import field, frozen

STANDARD_INPUT = "-"


class SourceError(InvalidRequestError):
    """A source that cannot be read as a whole: it stops before anything is sent."""


@frozen
class ReadOptions:
    """How records are understood.

    Attributes:
        columns: the source's column for a field, where their names differ; a column inside
            another one is written with dots, `payload.body`.
        timezone: the zone of times that name none.
        time_formats: `strptime` patterns, tried in order before ISO 8601.
        max_body_bytes: the largest request body; a message that fits none is rejected.
    """

    columns: Mapping[str, str] = field(factory=dict)
    timezone: tzinfo = UTC
    time_formats: tuple[str, ...] = ()
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


Source = Files | Query | Table | Records
