"""Prepares a snapshot of a Spark frame, with Spark's own functions: executors need no Python for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asapp_conversations import InvalidRequestError
from asapp_conversations_client.facts import BATCH
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.types import TimestampType

from .reading.explaining import put
from .reading.fields import fields, missing_columns
from .reading.layouts import FieldStep, Layouts
from .reading.sources import ReadOptions

GROUP = {"parquet.block.size": 4_000_000, "parquet.block.row.count.limit": 2000}
"""What a row group is at most: bytes, and conversations."""

REPEATED = "asapp-conversations: two messages of one time have the same"
"""How the words begin that a task fails with."""


def prepare_frame(
    frame: DataFrame,
    path: str,
    *,
    order_by: str | Sequence[str],
    columns: Mapping[str, str] | None = None,
) -> None:
    """Write a snapshot of a frame of messages; `import PATH --prepared` sends it, from anywhere.

    Args:
        frame: a message a row, with the columns that a file would have; `conversation_id`,
            `sender_role`, `sender_external_id`, `text` and `timestamp`, say. Times are Spark's
            timestamps.
        path: a folder that does not exist, where Spark can write: `s3a://…`, `hdfs://…`.
        order_by: the column, or columns, that order the messages of one time. Without such an order
            they would come in another one whenever a task is run again.
        columns: the frame's column for a field, where their names differ, as in `ReadOptions`.

    Raises:
        InvalidRequestError: a column is missing, or a time no timestamp; or `order_by` is the same
            for two messages of one time and conversation. No snapshot is left.
        pyspark.errors.PySparkException: Spark fails.
    """
    conversation, steps = _steps(frame, columns or {})
    order = [order_by] if isinstance(order_by, str) else list(order_by)
    if not order or not set(order) <= set(frame.columns):
        raise InvalidRequestError(
            "order_by: name the column of the frame that orders messages of one time"
        )
    (at,) = (step for step in steps if step.field.is_own_time)
    key = F.struct(
        _column(at).alias("at"), *(F.col(name).alias(f"by{n}") for n, name in enumerate(order))
    )
    message: dict[str, Any] = {}
    for step in steps:
        put(message, step.field.path, _value(frame, step))
    name = fields().conversation.column
    listed = F.sort_array(F.collect_list(_struct({"key": key, "message": message})))
    prepared = (
        frame.groupBy(_column(conversation).cast("string").alias(name))
        .agg(listed.alias("sorted"))
        .select(name, _checked(F.col("sorted"), name, order).alias(BATCH.messages_property))
    )
    try:
        prepared.write.options(**GROUP, compression="zstd").parquet(path)
    except PySparkException as error:
        _, found, words = str(error).partition(REPEATED)
        if not found:
            raise
        raise InvalidRequestError(
            f"order_by:{REPEATED.partition(':')[2]}{words.partition(chr(10))[0]}: add a column that tells "
            "which of them comes first"
        ) from None


def _steps(frame: DataFrame, columns: Mapping[str, str]) -> tuple[FieldStep, list[FieldStep]]:
    """Where the frame has the conversation's id, and each field of a message."""
    layouts = Layouts(ReadOptions(columns=columns))
    layouts.of_table(frame.columns)
    layout = layouts.of(tuple(frame.columns))
    needed = [item for item in fields() if item.required or item.is_own_time]
    missing = [item for item in needed if item.name not in layouts.found]
    if layout.conversation is None or missing:
        raise missing_columns("the frame", missing, frame.columns, layouts.mapping)
    return layout.conversation, list(layout.steps)


def _column(step: FieldStep) -> Column:
    column = F.col(f"`{step.column}`")
    for name in step.inner:
        column = column[name]
    return column


def _value(frame: DataFrame, step: FieldStep) -> Column:
    """The value of a field; a time as text in UTC, whatever the session's zone."""
    column = _column(step)
    if not step.field.is_time:
        return column.cast("string") if step.field.is_identifier else column
    (kind,) = (each.dataType for each in frame.select(column).schema)
    if not isinstance(kind, TimestampType):
        raise InvalidRequestError(
            f"{step.column} is of the type {kind.simpleString()}, which does not order messages: "
            "make it a timestamp first, with to_timestamp"
        )
    written = F.expr("TIMESTAMP_NTZ '1970-01-01 00:00:00'") + F.make_dt_interval(
        secs=F.unix_micros(column).cast("decimal(38, 6)") / 1_000_000
    )
    return F.concat(written.cast("string"), F.lit("Z"))


def _struct(values: Mapping[str, Any]) -> Column:
    """A struct of columns, and of mappings of them."""
    inner = ((name, _struct(it) if isinstance(it, dict) else it) for name, it in values.items())
    return F.struct(*(column.alias(name) for name, column in inner))


def _checked(messages: Column, name: str, order: Sequence[str]) -> Column:
    """The messages; a task fails for two of them whose place is the same."""
    count = F.size(messages)
    pairs = F.zip_with(
        F.slice(messages, 1, count - 1),
        F.slice(messages, 2, count - 1),
        lambda one, other: one["key"].eqNullSafe(other["key"]),
    )
    words = F.concat(
        F.lit(f"{REPEATED} {', '.join(order)} in conversation "), F.col(name), F.lit("\n")
    )
    return F.when(F.exists(pairs, lambda same: same), F.raise_error(words)).otherwise(
        F.transform(messages, lambda each: each["message"])
    )
