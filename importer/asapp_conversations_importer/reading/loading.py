"""One pass over a source: each record is read once, and its messages leave in chunks."""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa
from attrs import define, field

from .fields import Field, fields, missing_columns
from .files import Feed, find_files, open_file
from .layouts import Layouts
from .messages import Reject
from .originals import size_of
from .query import open_query
from .record_parser import RecordParser, UnclearMessage, ValidMessage
from .sources import Files, Query, ReadOptions, Source, Table
from .tables import open_table
from .totals import Totals
from .unclear import settle

CHUNK_BYTES = 2 * 1024 * 1024
"""Of messages and rejects that are handed on together."""

OVERHEAD = 500
"""Bytes that one takes besides its text."""

SETTLED = 2000
"""Messages whose time has become clear that are handed on together."""

SCHEMA = pa.schema(
    [
        ("conversation_id", pa.string()),
        ("sent_at", pa.int64()),
        ("finer", pa.int32()),
        ("sequence", pa.int64()),
        ("feed", pa.int32()),
        ("number", pa.int64()),
        ("unclear", pa.bool_()),
        ("content", pa.binary()),
    ]
)
"""A message in a chunk; `feed` and `number` are its place, `sequence` its turn in the source. Where
its local time can be two, it is unclear, and the content is the pickled `UnclearMessage`."""


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
            yield Feed("query", "row", *open_query(sql, connection, interrupted))
        case _:
            assert isinstance(source, Table)
            yield Feed("table", "row", *open_table(source.data))


@define
class _Chunk:
    """Messages on their way, in columns: a tuple for each would be one of thousands of objects that
    the garbage collector goes through again and again.
    """

    ids: list[str] = field(factory=list)
    times: list[int] = field(factory=list)
    finer: list[int] = field(factory=list)
    turns: list[int] = field(factory=list)
    numbers: list[int] = field(factory=list)
    contents: list[bytes] = field(factory=list)

    def add(self, message: ValidMessage, turn: int, number: int) -> int:
        """Take in a message, at its turn, of the record of that number; the size of its content."""
        conversation_id, sent_at, finer, content = message
        self.ids.append(conversation_id)
        self.times.append(sent_at)
        self.finer.append(finer)
        self.turns.append(turn)
        self.numbers.append(number)
        self.contents.append(content)
        return len(content)

    def batch(self, feed: int, *, unclear: bool = False) -> pa.RecordBatch:
        """What has been taken in, of the feed of that number, as `SCHEMA` has it."""
        count = len(self.ids)
        of_source = self.ids, self.times, self.finer, self.turns, [feed] * count, self.numbers
        columns = *of_source, [unclear] * count, self.contents
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
        return pa.record_batch(arrays, schema=SCHEMA)


@define
class Loader:
    """Takes feeds, and counts.

    Attributes:
        on_reject: is given each reject.
        on_progress: is given the number of records so far, after each chunk.
        feeds: those taken so far.
        totals: what they held.
        unclear: whether a local time was met that can be two.
    """

    options: ReadOptions
    on_reject: Callable[[Reject], None]
    on_progress: Callable[[int], None]
    feeds: list[Feed] = field(factory=list)
    totals: Totals = field(factory=Totals)
    unclear: bool = False
    _turns: int = 0

    def take(self, feed: Feed) -> Iterator[pa.RecordBatch]:
        """Read a feed to its end; its messages leave in chunks, as `SCHEMA` has them.

        Raises:
            SourceError: it cannot be read, or has no column for a field that has to be there.
        """
        self.feeds.append(feed)
        parser = RecordParser(self.options, feed.name, feed.unit, is_text=feed.is_text)
        wanted = {} if feed.columns is None else _check_header(feed, feed.columns, parser.layouts)
        clear, unclear, rejects, size, checked = _Chunk(), _Chunk(), list[Reject](), 0, False
        turn, totals = self._turns, self.totals
        for number, record in feed.records(wanted):
            totals.records += 1
            for outcome in parser.parse(record, number):
                turn += 1
                if isinstance(outcome, ValidMessage):
                    size += clear.add(outcome, turn, number) + OVERHEAD
                elif isinstance(outcome, UnclearMessage):
                    totals.note_unclear(repeated=outcome.repeated)
                    pickled = outcome.earlier._replace(content=pickle.dumps(outcome))
                    size += unclear.add(pickled, turn, number) + OVERHEAD
                else:
                    rejects.append(outcome)
                    size += size_of(outcome.record) + OVERHEAD
            if size >= CHUNK_BYTES:
                if not checked:
                    _check_found(feed, parser.layouts)
                    checked = True
                yield from self._pass_on(clear, unclear, rejects)
                clear, unclear, rejects, size = _Chunk(), _Chunk(), [], 0
        if not checked:
            _check_found(feed, parser.layouts)
        yield from self._pass_on(clear, unclear, rejects)
        self._turns = turn

    def _pass_on(
        self, clear: _Chunk, unclear: _Chunk, rejects: list[Reject]
    ) -> Iterator[pa.RecordBatch]:
        for reject in rejects:
            self.reject(reject)
        feed = len(self.feeds) - 1
        if unclear.ids:
            self.unclear = True
            yield unclear.batch(feed, unclear=True)
        if clear.ids:
            yield self._counted(clear, feed)
        self.on_progress(self.totals.records)

    def _counted(self, chunk: _Chunk, feed: int) -> pa.RecordBatch:
        self.totals.messages += len(chunk.ids)
        self.totals.note_times(chunk.times)
        return chunk.batch(feed)

    def reject(self, reject: Reject) -> None:
        """Pass on a reject."""
        self.totals.rejected += 1
        self.on_reject(reject)

    def settle(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
        """The unclear messages, in chunks of what they have turned out to be; some are rejected.

        `rows` are all messages of their conversations, one after the other, in the order of the
        source, as `SCHEMA` has them, but with a content only where it is unclear.
        """
        chunks: dict[int, _Chunk] = defaultdict(_Chunk)
        for _, conversation in groupby(rows, itemgetter(0)):
            members = list(conversation)
            messages = [
                pickle.loads(row[-1]) if row[-1] else ValidMessage._make((*row[:3], b""))
                for row in members
            ]
            settled = settle(messages, self.options.ambiguous)
            for (*_, turn, feed, number, unclear, _), outcome in zip(members, settled, strict=True):
                if isinstance(outcome, Reject):
                    self.reject(outcome)
                elif unclear:
                    chunks[feed].add(outcome, turn, number)
                    if len(chunks[feed].ids) >= SETTLED:
                        yield self._counted(chunks.pop(feed), feed)
        for feed, chunk in chunks.items():
            yield self._counted(chunk, feed)


def _check_header(feed: Feed, columns: list[str], layouts: Layouts) -> dict[str, bool]:
    """The columns that are read; raises for a field that has none.

    A list of messages has those of a message inside.
    """
    wanted = layouts.of_table(columns)
    known = fields()
    needed = [known.conversation] if layouts.list in layouts.found else known
    _demand([item for item in needed if item.required], feed, layouts)
    return wanted


def _check_found(feed: Feed, layouts: Layouts) -> None:
    """Raise for a field that no record has had, while there are columns that nothing takes.

    Without such a column it is the records that lack a value, and each is rejected by itself.
    """
    if layouts.has_unused:
        _demand([item for item in fields() if item.required], feed, layouts)


def _demand(wanted: Iterable[Field], feed: Feed, layouts: Layouts) -> None:
    missing = [item for item in wanted if item.name not in layouts.found]
    if missing:
        raise missing_columns(feed.name, missing, list(layouts.columns), layouts.mapping)
