"""Every message of a source, on disk: by conversation, and in it by time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MOST_MESSAGES

from .csv_text import long_cells
from .duckdb_engine import connect, run_interruptibly, run_while_fed
from .files import Feed
from .loading import SCHEMA, Loader, open_feeds
from .messages import Conversation, Place, Reject
from .scratch import own_folder
from .sources import ReadOptions, Source
from .totals import Totals

MEMORY_LIMIT = 1_000_000_000
READ_AHEAD = 8192
"""Messages that are fetched together."""

SENDING_ORDER = "conversation_id, sent_at, finer, sequence"


class StagingError(InvalidRequestError):
    """The folder for staging cannot hold what has to be sorted; nothing was sent."""


class Staging:
    """Sorts one source on disk; a context manager, which leaves nothing behind.

    Args:
        folder: is made, for this user only, and removed at the end; what a killed run has left in
            it is removed first, so nobody else may use it. It takes about twice the size of the
            messages.
        memory_limit: bytes that the whole process should stay within; what does not fit is spilled.
    """

    def __init__(self, folder: Path, *, memory_limit: int = MEMORY_LIMIT) -> None:
        self._folder = folder
        self._memory_limit = memory_limit
        self._interrupted = False
        self._feeds: list[Feed] = []
        self._passes: list[Generator[Conversation, None, None]] = []

    def __enter__(self) -> Self:
        with ExitStack() as leaving, self._explained():
            leaving.enter_context(own_folder(self._folder))
            self._connection = connect(self._folder, self._memory_limit)
            leaving.enter_context(self._connection)
            self._queries = leaving.enter_context(self._connection.cursor())
            # Whoever goes through the conversations may have stopped half-way; as long as a cursor
            # is open, DuckDB would give this database to the next one who opens the same file.
            leaving.callback(self._close_passes)
            self._leaving = leaving.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.close()

    def interrupt(self) -> None:
        """End the sorting of `load`, or a query, from another thread: KeyboardInterrupt there."""
        self._interrupted = True
        self._connection.interrupt()
        self._queries.interrupt()

    def load(
        self,
        source: Source,
        options: ReadOptions | None = None,
        on_reject: Callable[[Reject], None] = lambda reject: None,
        on_progress: Callable[[int], None] = lambda records: None,
    ) -> Totals:
        """Read and sort a source; once for each `Staging`.

        Args:
            source: what to read.
            options: how its records are understood.
            on_reject: is given each record, or message, that is not taken.
            on_progress: is given the number of records so far, every few thousand.

        Raises:
            SourceError: the source cannot be read as a whole.
            StagingError: the disk is full, or the memory limit too low.
        """
        options = options or ReadOptions()
        loader = Loader(options, on_reject, on_progress, self._feeds)
        feeds = open_feeds(source, options, self._queries, lambda: self._interrupted)
        with long_cells(), closing(feeds):
            self._store("batch", chain.from_iterable(map(loader.take, feeds)))
        if loader.unclear:
            self._settle(loader)
        totals = loader.totals
        totals.conversations, totals.requests = self._fetch(
            f"SELECT count(*), coalesce(sum(ceil(messages / {MOST_MESSAGES})), 0)::BIGINT FROM "
            "(SELECT count(*) AS messages FROM messages GROUP BY conversation_id)"
        )
        return totals

    def _settle(self, loader: Loader) -> None:
        """Sort the messages whose local time can be two in among the others."""
        self._run("ALTER TABLE messages RENAME TO loaded")
        in_question = self._rows(
            "SELECT * REPLACE (CASE WHEN unclear THEN content END AS content) FROM loaded SEMI JOIN "
            "(FROM loaded WHERE unclear) USING (conversation_id) ORDER BY conversation_id, sequence"
        )
        all_of_them = "(FROM loaded WHERE NOT unclear UNION ALL FROM batch)"
        self._store(all_of_them, loader.settle(in_question))
        self._run("DROP TABLE loaded")

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, by ascending id; in memory is one, and a few thousand messages."""
        conversations = self._pass()
        self._passes.append(conversations)
        return conversations

    def _close_passes(self) -> None:
        for conversations in self._passes:
            conversations.close()

    def _pass(self) -> Generator[Conversation, None, None]:
        current, contents, feeds, numbers = "", list[bytes](), list[int](), list[int]()
        for batch in self._batches("FROM messages"):
            runs = pc.call_function("run_end_encode", [batch["conversation_id"]])
            new = [batch[name].to_pylist() for name in ("content", "feed", "number")]
            start = 0
            for name, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
                if name != current and contents:
                    yield Conversation(current, contents, partial(self._place, feeds, numbers))
                    contents, feeds, numbers = [], [], []
                current = name
                for column, values in zip((contents, feeds, numbers), new, strict=True):
                    column += values[start:end]
                start = end
        if contents:
            yield Conversation(current, contents, partial(self._place, feeds, numbers))

    def _place(self, feeds: Sequence[int], numbers: Sequence[int], index: int) -> Place:
        feed = self._feeds[feeds[index]]
        return Place(feed.name, feed.unit, numbers[index])

    def _batches(self, query: str) -> Generator[pa.RecordBatch, None, None]:
        with closing(self._connection.cursor()) as cursor:
            yield from cursor.sql(query).to_arrow_reader(READ_AHEAD)

    def _rows(self, query: str) -> Generator[tuple[Any, ...], None, None]:
        for batch in self._batches(query):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def _store(self, rows: str, batches: Iterable[pa.RecordBatch]) -> None:
        statement = f"CREATE TABLE messages AS FROM {rows} ORDER BY {SENDING_ORDER}"
        try:
            run_while_fed(self._connection, statement, SCHEMA, batches)
        except duckdb.Error as error:  # Of a source they are a SourceError by now.
            raise unsortable(self._folder, error) from None

    def _run(self, statement: str) -> None:
        with self._explained():
            run_interruptibly(self._connection, partial(self._connection.execute, statement))

    def _fetch(self, query: str) -> tuple[int, ...]:
        with self._explained():
            return (
                run_interruptibly(
                    self._connection, lambda: self._connection.execute(query).fetchone()
                )
                or ()
            )

    def _explained(self) -> AbstractContextManager[None]:
        return staging_errors(self._folder)


@contextmanager
def staging_errors(folder: Path) -> Iterator[None]:
    """Turns what the disk, or DuckDB, says of a folder into a `StagingError`."""
    try:
        yield
    except OSError as error:
        raise StagingError(f"{folder} cannot be written: {error.strerror}") from None
    except duckdb.Error as error:
        raise unsortable(folder, error) from None


def unsortable(folder: Path, error: duckdb.Error) -> StagingError:
    """The error for what DuckDB cannot do in a folder."""
    return StagingError(
        f"the messages cannot be sorted in {folder}: {error}. Free space there, "
        "name a ledger in another folder, or allow more memory"
    )
