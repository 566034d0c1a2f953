"""Every message of a source, on disk: by conversation, and in it by time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
from asapp_conversations import InvalidRequestError
from attrs import frozen

from .duckdb_engine import connect, run_interruptibly
from .files import Feed
from .formats import wide_csv_fields
from .loading import Loader, open_feeds
from .messages import Conversation, Place, ReadyMessage, Reject
from .scratch import own_folder
from .sources import ReadOptions, Source

MEMORY_LIMIT = 1_000_000_000
READ_AHEAD = 8192
"""Messages that are fetched together."""


class StagingError(InvalidRequestError):
    """The folder for staging cannot hold what has to be sorted; nothing was sent."""


@frozen
class Totals:
    """What a source holds.

    Attributes:
        records: how many records were read.
        conversations: how many conversations have a valid message.
        messages: how many messages are valid.
        rejected: how many messages, and records that are none, are not.
        bytes: of the valid messages' JSON.
    """

    records: int = 0
    conversations: int = 0
    messages: int = 0
    rejected: int = 0
    bytes: int = 0


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
        loader = Loader(options or ReadOptions(), self._insert, on_reject, on_progress, self._feeds)
        with wide_csv_fields():
            self._run(
                "CREATE TABLE unsorted (conversation_id VARCHAR, sent_at BIGINT, sequence BIGINT, "
                "feed INTEGER, number BIGINT, content BLOB)"
            )
            feeds = open_feeds(source, loader.options, self._queries, lambda: self._interrupted)
            with closing(feeds):
                for feed in feeds:
                    loader.take(feed)
        self._run(
            "CREATE TABLE messages AS SELECT conversation_id, feed, number, content "
            "FROM unsorted ORDER BY conversation_id, sent_at, sequence"
        )
        self._run("DROP TABLE unsorted")
        (conversations,) = self._fetch("SELECT count(DISTINCT conversation_id) FROM messages")
        return Totals(loader.records, conversations, loader.messages, loader.rejected, loader.bytes)

    def request_count(self, max_messages: int) -> int:
        """How many requests of so many messages at most the conversations take."""
        (requests,) = self._fetch(
            f"SELECT coalesce(sum((messages + {max_messages - 1}) // {max_messages}), 0) FROM "
            "(SELECT count(*) AS messages FROM messages GROUP BY conversation_id)"
        )
        return int(requests)

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, by ascending id; in memory is one, and a few thousand messages."""
        conversations = self._pass()
        self._passes.append(conversations)
        return conversations

    def _close_passes(self) -> None:
        for conversations in self._passes:
            conversations.close()

    def _pass(self) -> Generator[Conversation, None, None]:
        current = ""
        messages: list[ReadyMessage] = []
        with closing(self._connection.cursor()) as cursor:
            for batch in cursor.sql("FROM messages").to_arrow_reader(READ_AHEAD):
                rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                for conversation_id, feed, number, content in rows:
                    if messages and conversation_id != current:
                        yield Conversation(current, messages)
                        messages = []
                    current = conversation_id
                    place = Place(self._feeds[feed].name, self._feeds[feed].unit, number)
                    messages.append(ReadyMessage(content, place))
        if messages:
            yield Conversation(current, messages)

    def _insert(self, batch: pa.RecordBatch) -> None:
        def insert() -> None:
            # Each batch is a transaction: what one holds is beyond DuckDB's limit of memory.
            self._connection.register("batch", pa.table(batch))
            self._connection.execute("INSERT INTO unsorted FROM batch")
            self._connection.unregister("batch")

        with self._explained():
            run_interruptibly(self._connection, insert)

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

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StagingError(f"{self._folder} cannot be written: {error.strerror}") from None
        except duckdb.Error as error:
            raise StagingError(
                f"the messages cannot be sorted in {self._folder}: {error}. Free space there, "
                "name a ledger in another folder, or allow more memory"
            ) from None
