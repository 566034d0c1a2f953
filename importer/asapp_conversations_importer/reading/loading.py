"""One pass over a source: each record is read once, and its messages leave in chunks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack

import duckdb
import pyarrow as pa
from attrs import define, field

from .fields import Field, fields, missing_columns
from .files import Feed, find_files, open_file
from .messages import Place, Reject
from .originals import size_of
from .record_parser import RecordParser, ValidMessage
from .sources import Files, Query, ReadOptions, Source
from .tables import open_query, open_table, table_records

CHUNK_BYTES = 2 * 1024 * 1024
"""Of messages and rejects that are handed on together."""

OVERHEAD = 500
"""Bytes that one takes besides its text."""

SCHEMA = pa.schema(
    [
        ("conversation_id", pa.string()),
        ("sent_at", pa.int64()),
        ("sequence", pa.int64()),
        ("feed", pa.int32()),
        ("number", pa.int64()),
        ("content", pa.binary()),
    ]
)
"""A message in a chunk; `feed` and `number` are its place, `sequence` its turn in the source."""


def open_feeds(
    source: Source,
    options: ReadOptions,
    connection: duckdb.DuckDBPyConnection,
    interrupted: Callable[[], bool],
) -> Generator[Feed]:
    """What a source consists of, one after the other, each open while it is looked at."""
    match source:
        case Files(paths):
            for path in find_files(paths):
                with ExitStack() as closing:
                    yield open_file(path, options, closing)
        case Query(sql):
            schema, batches = open_query(sql, connection, interrupted)
            yield Feed(
                "query", "row", schema.names, table_records(schema, batches, "the query", options)
            )
        case _:
            schema, batches = open_table(source.data)
            yield Feed(
                "table", "row", schema.names, table_records(schema, batches, "the table", options)
            )


@define
class _Chunk:
    """Messages and rejects on their way.

    Messages are kept in columns: a tuple for each would be a hundred thousand objects that the
    garbage collector goes through again and again.
    """

    ids: list[str] = field(factory=list)
    times: list[int] = field(factory=list)
    contents: list[bytes] = field(factory=list)
    numbers: list[int] = field(factory=list)
    rejects: list[Reject] = field(factory=list)


@define
class Loader:
    """Takes feeds, and counts.

    Attributes:
        insert: is given each chunk of messages, as `SCHEMA` has it.
        on_reject: is given each reject.
        on_progress: is given the number of records so far, after each chunk.
        feeds: those taken so far.
        records: how many records they had.
        messages: how many valid messages.
        rejected: how many rejects.
        bytes: of the messages' JSON.
    """

    options: ReadOptions
    insert: Callable[[pa.RecordBatch], None]
    on_reject: Callable[[Reject], None]
    on_progress: Callable[[int], None]
    feeds: list[Feed] = field(factory=list)
    records: int = 0
    messages: int = 0
    rejected: int = 0
    bytes: int = 0

    def take(self, feed: Feed) -> None:
        """Read a feed to its end.

        Raises:
            SourceError: it cannot be read, or has no column for a field that has to be there.
        """
        self.feeds.append(feed)
        parser = RecordParser(self.options)
        if feed.columns is not None:
            _check_header(feed, parser)
        chunk, size, checked = _Chunk(), 0, False
        for number, record in feed.records:
            self.records += 1
            for outcome in parser.parse(record):
                if isinstance(outcome, ValidMessage):
                    conversation_id, sent_at, content = outcome
                    chunk.ids.append(conversation_id)
                    chunk.times.append(sent_at)
                    chunk.contents.append(content)
                    chunk.numbers.append(number)
                    size += len(content) + OVERHEAD
                else:
                    chunk.rejects.append(outcome.at(Place(feed.name, feed.unit, number)))
                    size += size_of(outcome.record) + OVERHEAD
            if size >= CHUNK_BYTES:
                if not checked:
                    _check_found(feed, parser)
                    checked = True
                self._pass_on(chunk)
                chunk, size = _Chunk(), 0
        if not checked:
            _check_found(feed, parser)
        self._pass_on(chunk)

    def _pass_on(self, chunk: _Chunk) -> None:
        for reject in chunk.rejects:
            self.on_reject(reject)
        if chunk.ids:
            self.insert(self._arrow(chunk))
        self.messages += len(chunk.ids)
        self.rejected += len(chunk.rejects)
        self.bytes += sum(map(len, chunk.contents))
        self.on_progress(self.records)

    def _arrow(self, chunk: _Chunk) -> pa.RecordBatch:
        count = len(chunk.ids)
        sequence = range(self.messages, self.messages + count)
        feeds = [len(self.feeds) - 1] * count
        columns = (chunk.ids, chunk.times, sequence, feeds, chunk.numbers, chunk.contents)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
        return pa.record_batch(arrays, schema=SCHEMA)


def _check_header(feed: Feed, parser: RecordParser) -> None:
    """Raise for a field that has no column; a list of messages has those of a message inside."""
    parser.layout(tuple(feed.columns or ()))
    known = fields()
    wanted = [known.conversation] if parser.has_messages else known
    _demand([item for item in wanted if item.required], feed, parser)


def _check_found(feed: Feed, parser: RecordParser) -> None:
    """Raise for a field that no record has had, while there are columns that nothing takes.

    Without such a column it is the records that lack a value, and each is rejected by itself.
    """
    if parser.unused:
        _demand([item for item in fields() if item.required], feed, parser)


def _demand(wanted: Iterable[Field], feed: Feed, parser: RecordParser) -> None:
    missing = [item for item in wanted if item.name not in parser.found]
    if missing:
        raise missing_columns(feed.name, missing, list(parser.columns), parser.mapping)
