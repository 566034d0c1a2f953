"""The files of a snapshot, before they are read: which there are, how each is known again, which ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from asapp_conversations.toolkit import MOST_MESSAGES
from attrs import frozen
from pyarrow import fs

from .duckdb_engine import connect
from .files import OWN
from .layouts import Layouts
from .scratch import own_folder
from .sources import ReadOptions, SourceError
from .staging import staging_errors
from .stores import locate, named, readable
from .tables import open_parquet_file

UNFINISHED = "_temporary"
"""What a folder holds as long as it is written, by Spark and by `prepare_import`."""

FOOTER_END = 8
"""Bytes at the end of a Parquet file, of which the first four are the length of its footer."""

DIGEST_BYTES = 16
"""How much of a SHA-256 is kept."""

BATCH = 65_536
"""Rows that are looked at together."""


class FileState(NamedTuple):
    """How a file is known again: `changed_at` in nanoseconds since 1970, the Parquet footer as digest."""

    path: str
    size: int
    changed_at: int
    footer: bytes


@frozen
class SnapshotFile:
    """A file of a snapshot.

    Attributes:
        state: how it is known again.
        columns: the columns that are read, and whether each holds identifiers.
        conversation: the column of the conversation's id.
        messages: the column inside the list of messages that takes the least bytes.
        groups: for each row group, how many rows and how many messages it has.
    """

    state: FileState
    columns: Mapping[str, bool]
    conversation: str
    messages: str
    groups: Sequence[tuple[int, int]]


def find_snapshot(paths: Sequence[str]) -> list[str]:
    """The files that folders and files stand for, in order, by their full names.

    What begins with a dot or an underscore is an engine's own, and not one of a snapshot; nor is what
    an import of one of its files has left there.

    Raises:
        SourceError: there are none, or a folder is still being written.
    """
    found: list[str] = []
    for path in paths:
        with readable(path):
            store, place = locate(path)
            one = store.get_file_info(place)
            folder = fs.FileSelector(place, recursive=True)
            inside = [one] if one.is_file else store.get_file_info(folder)
        parts = {each.path: each.path[len(place) :].split("/") for each in inside}
        if any(UNFINISHED in names for names in parts.values()):
            raise SourceError(
                f"{path} is not finished: whatever writes it is at work, or was stopped. Wait for "
                "it, or remove the folder and prepare it anew"
            )
        found += sorted(
            named(path, each.path)
            for each in inside
            if each.is_file
            and not OWN.search(each.path)
            and not any(part[:1] in ("_", ".") for part in parts[each.path])
        )
    if not found:
        raise SourceError(f"there is no file in {', '.join(paths)}")
    return list(dict.fromkeys(found))


def open_snapshot_file(path: str, options: ReadOptions) -> SnapshotFile:
    """What there is to know of a file before its rows are read.

    Raises:
        SourceError: it is no Parquet file, or its rows are no conversations.
    """
    with readable(path):
        store, place = locate(path)
        info = store.get_file_info(place)
        with store.open_input_file(place) as file:
            metadata = pq.read_metadata(file)
            file.seek(info.size - FOOTER_END)
            length = int.from_bytes(file.read(4), "little")
            file.seek(info.size - FOOTER_END - length)
            footer = hashlib.sha256(file.read(length)).digest()[:DIGEST_BYTES]
    layouts = Layouts(options)
    names = metadata.schema.to_arrow_schema().names
    layout = layouts.of(tuple(names))
    leaves = [] if layout.messages is None else _leaves(metadata, layout.messages[0])
    if layout.conversation is None or not leaves:
        raise SourceError(
            f"{path} is no snapshot: each row has to be a conversation, with its id and the list "
            f"{layouts.list}. Write one with `prepare`, or import it without --prepared"
        )
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    smallest = min(leaves, key=lambda at: sum(it.column(at).total_compressed_size for it in groups))
    return SnapshotFile(
        FileState(path, info.size, info.mtime_ns or 0, footer),
        layouts.of_table(names),
        layout.conversation.column,
        metadata.schema.column(smallest).path,
        [(group.num_rows, group.column(smallest).num_values) for group in groups],
    )


def _leaves(metadata: Any, column: str) -> list[int]:
    """The columns inside a list of structs that have one value for each of them."""
    leaves = ((at, metadata.schema.column(at)) for at in range(metadata.num_columns))
    return [
        at
        for at, leaf in leaves
        if leaf.path.startswith(f"{column}.") and leaf.max_repetition_level == 1
    ]


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
