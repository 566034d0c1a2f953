"""Writes a snapshot of any source: it is read, checked and sorted once, and sent from there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from asapp_conversations import InvalidRequestError
from asapp_conversations_client.facts import BATCH
from pyarrow import fs

from .options import ImportOptions
from .plan import ImportPlan, make_plan
from .reading.fields import fields, kinds_of, without_null
from .reading.files import REJECTS_SUFFIX
from .reading.messages import Conversation, Reject
from .reading.snapshot_files import UNFINISHED
from .reading.sources import Source
from .reading.stores import locate

GROUP_BYTES = 4_000_000
"""Of messages as JSON in a row group: half a second to read, and minutes to send."""

FILE_GROUPS = 250
"""Row groups in a file, whose footer tells of all of them before one is read."""

NUMBERS = {
    frozenset({"boolean"}): pa.bool_(),
    frozenset({"integer"}): pa.int64(),
    frozenset({"number"}): pa.float64(),
}
"""The types of columns by the types of JSON; for all others it is text."""


def rejects_beside(folder: str) -> str:
    """The file that takes the rejects of a snapshot unless another one is named."""
    return folder.rstrip("/") + REJECTS_SUFFIX


def prepare(source: Source, options: ImportOptions, to: str, rejects: Path) -> ImportPlan:
    """Write a snapshot to a new folder, and rejects to a new file; nothing is left of a failure."""
    with _new_file(rejects) as note, _new_folder(to) as (store, folder), ExitStack() as writing:

        def write(conversations: Iterator[Conversation]) -> Iterator[Conversation]:
            # What is open could come into being later, when its folder is gone.
            return writing.enter_context(closing(_written(conversations, store, folder)))

        plan = make_plan(source, options, note, write)
    if not rejects.stat().st_size:
        rejects.unlink()
    return plan


@contextmanager
def _new_file(path: Path) -> Iterator[Callable[[Reject], object]]:
    """Writes rejects to a file that only its owner may read."""
    if not path.parent.is_dir():
        raise InvalidRequestError(f"{path.parent}: there is no such folder; make it first")
    try:
        new = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise InvalidRequestError(
            f"{path}: the rejects cannot be written ({error.strerror}): remove it, or name another "
            "file with --rejects"
        ) from None
    try:
        with os.fdopen(new, "w", encoding="utf-8") as file:
            yield lambda reject: file.write(json.dumps(reject.to_dict(), ensure_ascii=False) + "\n")
    except BaseException:
        path.unlink()
        raise


@contextmanager
def _new_folder(to: str) -> Iterator[tuple[fs.FileSystem, str]]:
    """A folder that is marked as unfinished until the end, and gone if it does not come to that."""
    try:
        store, folder = locate(to)
        is_file = store.get_file_info(folder).is_file
        selector = fs.FileSelector(folder, allow_not_found=True)
        inside = [] if is_file else store.get_file_info(selector)
        if UNFINISHED in {each.base_name for each in inside}:
            raise InvalidRequestError(
                f"{to} is not finished: whatever writes it is at work, or was stopped. Wait for it, or "
                "remove the folder, and prepare it anew"
            )
        if is_file or inside:
            raise InvalidRequestError(
                f"{to} is there already, and a snapshot is never changed: name another folder, or "
                "remove it"
            )
        store.create_dir(f"{folder}/{UNFINISHED}")
        try:
            yield store, folder
            store.delete_dir(f"{folder}/{UNFINISHED}")
        except BaseException:
            with suppress(OSError):
                store.delete_dir(folder)
            raise
    except OSError as error:
        raise InvalidRequestError(f"{to} cannot be written: {error.strerror or error}") from None


def _written(
    conversations: Iterator[Conversation], store: fs.FileSystem, folder: str
) -> Generator[Conversation]:
    """The conversations, once they are written to the files of a folder."""
    messages = pa.list_(column_type(BATCH.message_schema))
    schema = pa.schema(
        [(fields().conversation.column, pa.string()), (BATCH.messages_property, messages)]
    )
    file: pq.ParquetWriter | None = None
    with ExitStack() as opened:
        for number, group in enumerate(_groups(conversations)):
            file_number, within = divmod(number, FILE_GROUPS)
            if file is None or not within:
                opened.close()
                path = f"{folder}/part-{file_number:05}.parquet"
                options = {"compression": "zstd", "write_page_checksum": True}
                file = pq.ParquetWriter(path, schema, filesystem=store, **options)
                opened.enter_context(file)
            file.write_batch(_batch(group, schema))
            yield from group


def _groups(conversations: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    """The conversations of each row group; of none at all there is one."""
    group, size, groups = list[Conversation](), 0, 0
    for conversation in conversations:
        group.append(conversation)
        size += sum(map(len, conversation.contents))
        if size >= GROUP_BYTES:
            yield group
            group, size, groups = [], 0, groups + 1
    if group or not groups:
        yield group


def _batch(group: Sequence[Conversation], schema: pa.Schema) -> pa.RecordBatch:
    name, messages = schema.names
    rows = [
        {name: each.conversation_id, messages: orjson.loads(b"[" + b",".join(each.contents) + b"]")}
        for each in group
    ]
    try:
        return pa.RecordBatch.from_pylist(rows, schema=schema)
    except (pa.ArrowException, TypeError, OverflowError):
        raise InvalidRequestError(
            "a message has a value that no column of a snapshot can hold: import the source "
            "without preparing it"
        ) from None


def column_type(schema: Mapping[str, Any]) -> pa.DataType:
    """The type of the column that holds the values of a schema of the document."""
    schema = without_null(schema)
    if properties := schema.get("properties"):
        return pa.struct([(name, column_type(inner)) for name, inner in properties.items()])
    kinds = kinds_of(schema) - {"null"}
    if kinds == {"array"}:
        return pa.list_(column_type(schema.get("items", {})))
    return NUMBERS.get(kinds, pa.string())
