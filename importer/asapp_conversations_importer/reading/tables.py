"""Records out of tables, whose columns have types: Parquet, a data frame, a query's result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .json_text import Numbered
from .originals import Unreadable
from .sources import SourceError
from .stores import is_remote, open_object

BATCH = 8192
"""Rows that are looked at together."""

Wanted = Mapping[str, bool]
"""The columns that are read, and whether each holds identifiers."""

Rows = Callable[[Wanted], Numbered]
"""A record a row, from row 1, of the wanted columns alone."""

TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)
LISTS = (
    pa.types.is_list,
    pa.types.is_large_list,
    pa.types.is_fixed_size_list,
    pa.types.is_list_view,
    pa.types.is_large_list_view,
)
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
ANY_ZONE = datetime(1970, 1, 1)
IN_UTC = datetime(1970, 1, 1, tzinfo=UTC)


def open_parquet(path: str, closing: ExitStack) -> tuple[list[str], Rows]:
    """A Parquet file's columns, and its rows."""
    file = closing.enter_context(open_parquet_file(path))

    def rows(wanted: Wanted) -> Numbered:
        return arrow_records(file.iter_batches(BATCH, columns=list(wanted)), wanted)

    return file.schema_arrow.names, rows


def open_parquet_file(path: str) -> pq.ParquetFile:
    """A Parquet file, wherever it is; a context manager."""
    return pq.ParquetFile(
        open_object(path) if is_remote(path) else path,
        page_checksum_verification=True,
        # Times of the old type of Spark are read as nanoseconds otherwise, whose years end in 2262.
        coerce_int96_timestamp_unit="us",
    )


def open_table(data: Any) -> tuple[list[str], Rows]:
    """A table's columns, and its rows, of whatever speaks Arrow's stream interface."""
    if not hasattr(data, "__arrow_c_stream__") or type(data).__name__ == "Series":
        raise SourceError(
            f"{type(data).__name__} is no table: a DuckDB relation, an Arrow table or reader, "
            "or a pandas or polars frame is expected"
        )
    if hasattr(data, "iloc"):
        names = [str(name) for name in data.columns]
        return names, lambda wanted: _records(_frame_chunks(data, names, wanted), wanted)
    if type(data).__module__.startswith("polars."):
        # It has types that Arrow lacks, which matter only in columns that are read.
        return data.columns, lambda wanted: _streamed(
            _open_stream(data.select(list(wanted))), wanted
        )
    reader = _open_stream(data)
    return reader.schema.names, lambda wanted: _streamed(reader, wanted)


def _open_stream(data: Any) -> pa.RecordBatchReader:
    return _told(lambda: pa.RecordBatchReader.from_stream(data))


def _streamed(reader: pa.RecordBatchReader, wanted: Wanted) -> Numbered:
    return arrow_records(iter(lambda: _told(lambda: next(reader, None)), None), wanted)


def _told(work: Callable[[], Any]) -> Any:
    """What the work returns; an error of another library says its kind alone, as it can quote."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - a library's own
        raise SourceError(f"the table cannot be read: {type(error).__name__}") from None


def _frame_chunks(frame: Any, names: list[str], wanted: Wanted) -> Iterator[list[list[Any]]]:
    """The columns of a pandas frame, of which each value that Arrow has no type for stays as it is."""
    for start in range(0, len(frame), BATCH):
        rows = frame.iloc[start : start + BATCH]
        yield [
            _series_values(rows.iloc[:, names.index(name)], as_text=is_id)
            for name, is_id in wanted.items()
        ]


def _series_values(series: Any, *, as_text: bool) -> list[Any]:
    # Of objects Arrow would make one type, and a number or a date beside times another time.
    if str(series.dtype) not in ("object", "category"):
        with suppress(pa.ArrowException, TypeError, ValueError, OverflowError):
            return _values(pa.array(series, from_pandas=True), as_text=as_text)
    values = [
        None if missing else value
        for value, missing in zip(series.tolist(), series.isna(), strict=True)
    ]
    return [_as_identifier(value) for value in values] if as_text else values


def arrow_records(batches: Iterable[pa.RecordBatch], wanted: Wanted) -> Numbered:
    """A record a row, from row 1, of the wanted columns alone.

    A time without zone stays without. Binary is read as UTF-8. An integer, or a UUID, that stands
    where the document has an identifier becomes text. What Python has no value for is `Unreadable`.
    """
    chunks = (
        [_values(batch.column(name), as_text=is_id) for name, is_id in wanted.items()]
        for batch in batches
    )
    return _records(chunks, wanted)


def _records(chunks: Iterable[list[list[Any]]], wanted: Wanted) -> Numbered:
    numbers = count(1)
    for columns in chunks:
        for row in zip(*columns, strict=True):
            yield next(numbers), dict(zip(wanted, row, strict=True))


def _values(column: pa.Array, *, as_text: bool = False) -> list[Any]:
    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in _values(chunk, as_text=as_text)]
    try:
        values = _converted(column)
    except pa.ArrowException:
        values = _plain_values(column)
    return [_as_identifier(value) for value in values] if as_text else values


def _converted(column: pa.Array) -> list[Any]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        meanings = _values(column.dictionary)
        return [None if place is None else meanings[place] for place in column.indices.to_pylist()]
    if pa.types.is_run_end_encoded(kind):
        return _values(pc.call_function("run_end_decode", [column]))
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return _short_floats(column)
    if any(is_text(kind) for is_text in TEXTS):
        return _texts(column)
    if pa.types.is_struct(kind):
        return _structs(column)
    if any(is_list(kind) for is_list in LISTS):
        return _lists(column)
    return _plain_values(column)


def _plain_values(column: pa.Array) -> list[Any]:
    with suppress(Exception):  # Each type that Python lacks a value for has an error of its own.
        values: list[Any] = column.to_pylist()
        return values
    return [_plain_value(column, place) for place in range(len(column))]


def _plain_value(column: pa.Array, place: int) -> Any:
    with suppress(Exception):
        return column[place].as_py()
    written = f"<{column.type}>"
    with suppress(Exception):
        written = column.slice(place, 1).cast(pa.string())[0].as_py()
    return Unreadable("is out of range, or of a type that cannot be read", written)


def _as_identifier(value: Any) -> Any:
    """An exact number, or a UUID, as text; anything else as it is."""
    is_whole = isinstance(value, Decimal) and value.as_tuple().exponent == 0
    is_exact = isinstance(value, (int, UUID)) and not isinstance(value, bool)
    return str(value) if is_whole or is_exact else value


def _short_floats(column: pa.Array) -> list[Any]:
    """Numbers of fewer digits than Python's; from some point on, one stands for several integers."""
    exact = 2.0**24 if pa.types.is_float32(column.type) else 2.0**11
    return [
        Unreadable("is a number of too few digits to be exact", value)
        if value is not None and abs(value) >= exact
        else value
        for value in column.to_pylist()
    ]


def _structs(column: pa.StructArray) -> list[Any]:
    names = [field.name for field in column.type]
    rows = zip(*(_values(inner) for inner in column.flatten()), strict=True)
    return [
        dict(zip(names, row, strict=True)) if there else None
        for row, there in zip(rows, column.is_valid().to_pylist(), strict=True)
    ]


def _lists(column: pa.Array) -> list[Any]:
    inner = iter(_values(pc.call_function("list_flatten", [column])))
    lengths = pc.call_function("list_value_length", [column]).to_pylist()
    return [None if size is None else [next(inner) for _ in range(size)] for size in lengths]


def _texts(column: pa.Array) -> list[str | None]:
    with suppress(UnicodeDecodeError):
        texts: list[str | None] = column.cast(pa.large_string(), safe=False).to_pylist()
        return texts
    return [_text(value) for value in column.cast(pa.large_binary()).to_pylist()]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _moments(column: pa.Array) -> list[Any]:
    unit = NANOSECONDS[column.type.unit]
    start, zone = (IN_UTC, "Z") if column.type.tz else (ANY_ZONE, "")
    return [_moment(start, value, unit, zone) for value in column.cast(pa.int64()).to_pylist()]


def _moment(start: datetime, value: int | None, unit: int, zone: str) -> Any:
    if value is None:
        return None
    microseconds, finer = divmod(value * unit, 1000)
    try:
        moment = start + timedelta(microseconds=microseconds)
    except OverflowError:
        return Unreadable("is out of the range of years 1 to 9999", value)
    if not finer:
        return moment
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}{finer:03}{zone}"
