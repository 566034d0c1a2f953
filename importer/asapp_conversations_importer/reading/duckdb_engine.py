"""DuckDB, kept within bounds."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Full, Queue
from typing import TypeVar

import duckdb
import pyarrow as pa

from .scratch import DATABASE, SPILL

OWN_MEMORY = 400_000_000
"""Bytes that a process which reads takes besides what DuckDB counts; see bench/reading.py."""

LEAST_MEMORY = 128_000_000
THREADS = 2
"""More need more memory to sort, and the Python side is slower than one."""

RETRY = 0.05
"""Seconds from one interrupt to the next."""

Result = TypeVar("Result")


def connect(folder: Path, memory_limit: int) -> duckdb.DuckDBPyConnection:
    """A database in the folder that spills there too, for a process of that many bytes.

    Raises:
        OSError: the folder's name is one that DuckDB does not take.
    """
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        words = "its name is not UTF-8, which DuckDB needs: name another ledger with --ledger"
        raise OSError(errno.EILSEQ, words, str(folder)) from None
    connection = duckdb.connect(
        folder / DATABASE,
        config={
            "memory_limit": f"{max(memory_limit - OWN_MEMORY, LEAST_MEMORY)}B",
            # A table is read in the order in which it was written.
            "preserve_insertion_order": True,
            "temp_directory": str(folder / SPILL),
            "threads": min(os.cpu_count() or 1, THREADS),
        },
    )
    # Off a terminal too, DuckDB would draw a bar over whatever is being printed; in a notebook
    # without ipywidgets it draws none, and refuses to be told.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    # A query says the same on every machine.
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def run_interruptibly(connection: duckdb.DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """The result of what takes the connection long, which Ctrl-C ends at once.

    Raises:
        KeyboardInterrupt: a signal came, or another thread interrupted the connection.
        duckdb.Error: it failed.
    """
    with _working(connection, work) as future:
        return future.result()


def run_while_fed(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
) -> None:
    """Run a statement that reads `batch`, which is made here meanwhile.

    What is raised while it is made ends the statement, and comes out as it is.

    Raises:
        KeyboardInterrupt, duckdb.Error: as of `run_interruptibly`.
    """
    handed: Queue[pa.RecordBatch | None] = Queue(1)

    def run() -> None:
        stream = pa.RecordBatchReader.from_batches(schema, iter(handed.get, None))
        connection.register("batch", stream)
        connection.execute(statement)
        connection.unregister("batch")

    def hand(batch: pa.RecordBatch | None) -> bool:
        """Whether it was taken, and not left because the statement has failed."""
        while not future.done():
            with suppress(Full):
                handed.put(batch, timeout=RETRY)
                return True
        return False

    def hand_no_more() -> None:
        with suppress(Full):
            handed.put_nowait(None)

    with _working(connection, run, hand_no_more) as future:
        all(map(hand, batches))
        hand(None)
        future.result()


@contextmanager
def _working(
    connection: duckdb.DuckDBPyConnection,
    work: Callable[[], Result],
    release: Callable[[], None] = lambda: None,
) -> Iterator[Future[Result]]:
    """What the connection does in a thread of its own, interrupted if this one leaves before.

    DuckDB looks for signals too seldom while it sorts, but hears of an interrupt within
    milliseconds. `release` ends what the work may wait for besides.
    """
    with ThreadPoolExecutor(1) as worker:
        future = worker.submit(work)
        try:
            yield future
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        finally:
            # Again until it ends: an interrupt before it has begun is forgotten.
            while not future.done():
                connection.interrupt()
                release()
                wait([future], RETRY)
