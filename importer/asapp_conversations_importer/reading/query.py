"""A query's rows, and what its failures may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import duckdb
import pyarrow as pa

from .duckdb_engine import run_interruptibly
from .sources import SourceError
from .tables import BATCH, Rows, arrow_records

INTERRUPTED = "INTERRUPT"
"""How DuckDB's message for an interrupt begins; on its way through Arrow it loses its type."""


def open_query(
    sql: str, connection: duckdb.DuckDBPyConnection, interrupted: Callable[[], bool]
) -> tuple[list[str], Rows]:
    """A query's columns, and its rows in order; it is asked whether an interrupt was wanted."""
    try:
        reader = run_interruptibly(connection, partial(_select, sql, connection))
    except duckdb.Error as error:
        raise query_error(error) from None
    batches = _answered(reader, interrupted)
    return reader.schema.names, lambda wanted: arrow_records(batches, wanted)


def _select(sql: str, connection: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise SourceError("the query has to be one SELECT")
    return connection.sql(sql).to_arrow_reader(BATCH)


def _answered(
    reader: pa.RecordBatchReader, interrupted: Callable[[], bool]
) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if not str(error).startswith(INTERRUPTED):
            raise query_error(error) from None
        if interrupted():
            raise KeyboardInterrupt from None
        # When one of its threads fails, DuckDB interrupts the others, and may tell of that alone.
        raise SourceError("the query fails half-way, and DuckDB does not say why") from None


SPEAK_OF_THE_QUERY = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
)
"""The errors of DuckDB that name parts of the query or files, and never the data."""


def query_error(error: Exception) -> SourceError:
    """The error for a query; what could quote the data is left out."""
    if isinstance(error, SPEAK_OF_THE_QUERY):
        return SourceError(f"the query fails: {error}")
    kind = str(error).partition(":")[0]
    return SourceError(f"the query fails: {kind} (the rest could quote the data; run it in DuckDB)")
