"""Records out of tables, whose columns have types: Parquet, a query's result, a data frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from .duckdb_engine import run_interruptibly
from .fields import check_mapping, fields, locate
from .formats import Numbered
from .sources import ReadOptions, SourceError

BATCH = 8192
"""Rows that are looked at together."""

INTERRUPTED = "INTERRUPT"
"""How DuckDB's message for an interrupt begins; on its way through Arrow it loses its type."""

TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)
ANY_ZONE = datetime(1970, 1, 1)
IN_UTC = datetime(1970, 1, 1, tzinfo=UTC)


def open_parquet(path: str, closing: ExitStack) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """A Parquet file's columns, and its rows in order."""
    file = closing.enter_context(pq.ParquetFile(path))
    return file.schema_arrow, file.iter_batches(batch_size=BATCH)


def open_query(
    sql: str, connection: duckdb.DuckDBPyConnection, interrupted: Callable[[], bool]
) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    """A query's columns, and its rows in order; it is asked whether an interrupt was wanted."""
    try:
        reader = run_interruptibly(connection, partial(_select, sql, connection))
    except duckdb.Error as error:
        raise query_error(error) from None
    return reader.schema, _answered(reader, interrupted)


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


def open_table(data: Any) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    """A table's columns, and its rows in order, of whatever speaks Arrow's stream interface."""
    if not hasattr(data, "__arrow_c_stream__"):
        raise SourceError(
            f"{type(data).__name__} is no table: a DuckDB relation, an Arrow table or reader, "
            "or a pandas or polars frame is expected"
        )
    reader = pa.RecordBatchReader.from_stream(data)
    return reader.schema, reader


def table_records(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], name: str, options: ReadOptions
) -> Numbered:
    """A record a row, from row 1.

    A time without zone stays without; digits past the microsecond are dropped. Binary is read as
    UTF-8. An integer, or a UUID, that stands where the document has an identifier becomes text.
    """
    if len(set(schema.names)) < len(schema.names):
        raise SourceError(f"{name} has several columns of one name: {', '.join(schema.names)}")
    identifiers = _identifiers(schema.names, options)
    numbers = count(1)
    for batch in batches:
        columns = [
            _values(column, as_text=column_name in identifiers)
            for column_name, column in zip(schema.names, batch.columns, strict=True)
        ]
        for row in zip(*columns, strict=True):
            yield next(numbers), dict(zip(schema.names, row, strict=True))


def _identifiers(names: list[str], options: ReadOptions) -> set[str]:
    mapping = check_mapping(options.columns)
    paths = (locate(item.name, names, mapping) for item in fields() if item.is_identifier)
    return {path[0] for path in paths if path and len(path) == 1}


def _values(column: pa.Array, *, as_text: bool) -> list[Any]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _values(column.dictionary_decode(), as_text=as_text)
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if any(is_text(kind) for is_text in TEXTS):
        return _texts(column)
    values: list[Any] = column.to_pylist()
    if as_text and (pa.types.is_integer(kind) or kind == pa.uuid()):
        return [None if value is None else str(value) for value in values]
    return values


def _texts(column: pa.Array) -> list[str | None]:
    with suppress(UnicodeDecodeError):
        texts: list[str | None] = column.cast(pa.large_string(), safe=False).to_pylist()
        return texts
    return [_text(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _moments(column: pa.Array) -> list[datetime | int | None]:
    start = IN_UTC if column.type.tz else ANY_ZONE
    exact = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return [_moment(start, value) for value in exact.cast(pa.int64()).to_pylist()]


def _moment(start: datetime, value: int | None) -> datetime | int | None:
    try:
        return None if value is None else start + timedelta(microseconds=value)
    except OverflowError:
        return value
