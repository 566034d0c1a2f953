"""A look at the ids in a snapshot and at the lengths of its conversations, before it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from asapp_conversations.toolkit import MOST_MESSAGES

from .duckdb_engine import connect
from .files import readable
from .scratch import own_folder
from .snapshot_files import SnapshotFile
from .sources import SourceError
from .staging import staging_errors
from .tables import open_parquet_file

BATCH = 65_536
"""Rows that are looked at together."""


def survey(
    files: Sequence[SnapshotFile],
    folder: Path,
    memory_limit: int,
    on_progress: Callable[[int], None],
) -> list[int]:
    """How many requests each file takes.

    Raises:
        SourceError: a conversation comes twice, or a file cannot be read.
        StagingError: `folder`, which is made for the ids and removed, cannot hold them.
    """
    with (
        staging_errors(folder),
        own_folder(folder),
        closing(connect(folder, memory_limit)) as connection,
    ):
        connection.execute("CREATE TABLE ids (id VARCHAR, file INTEGER, number BIGINT)")
        requests, rows = [0] * len(files), 0
        for at, file in enumerate(files):
            before = rows
            for ids, lengths in _columns(file):
                connection.register("batch", pa.table({"id": ids}))
                number = f"{rows - before} + row_number() OVER ()"
                connection.execute(f"INSERT INTO ids SELECT id, {at}, {number} FROM batch")
                connection.unregister("batch")
                requests[at] += sum(-(-length // MOST_MESSAGES) for length in lengths)
                rows += len(ids)
                on_progress(rows)
        _refuse_repeated(connection, files)
    return requests


def _columns(file: SnapshotFile) -> Iterator[tuple[pa.Array, list[int]]]:
    """The ids, as text, and how many messages each has, of which one field alone is read."""
    columns = [file.conversation, file.messages]
    with readable(file.state.path), open_parquet_file(file.state.path) as parquet:
        for batch in parquet.iter_batches(BATCH, columns=columns):
            ids = batch.column(file.conversation).cast(pa.string(), safe=False)
            lists = batch.column(file.messages.split(".")[0])
            yield ids, pc.call_function("list_value_length", [lists]).drop_null().to_pylist()


def _refuse_repeated(connection: duckdb.DuckDBPyConnection, files: Sequence[SnapshotFile]) -> None:
    repeated = connection.execute(
        "SELECT id, min([file, number]), max([file, number]) FROM ids WHERE id IS NOT NULL "
        "GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
    ).fetchone()
    if repeated:
        name, *places = repeated
        one, other = (f"{files[file].state.path}, row {number}" for file, number in places)
        raise SourceError(
            f"conversation {name} comes twice, in {one}, and in {other}: a snapshot has one row for "
            "each conversation, with all its messages. Nothing was sent"
        )
