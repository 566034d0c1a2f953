"""Files: which ones, how they are packed, and what is in them."""

from __future__ import annotations

import io
import re
import sys
from contextlib import ExitStack
from glob import glob
from pathlib import Path
from typing import cast

import orjson
import pyarrow as pa
from attrs import frozen

from .formats import BYTE_ORDER_MARK, Numbered, decoded, read_csv, read_json, read_json_lines
from .sources import STANDARD_INPUT, ReadOptions, SourceError
from .tables import open_parquet, table_records

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of what can be unpacked."""

PARQUET = b"PAR1"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
FORMATS = {
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
PACKED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)
PEEKED = 64 * 1024
REJECTS_SUFFIX = ".rejects.jsonl"
"""How the names of files of rejects end."""


@frozen
class Feed:
    """One file's, or one table's, records.

    Attributes:
        name: the file's, or what stands for it.
        unit: what `records` are counted in, as `Place` has it.
        columns: the names that every record has; None where each record has its own.
        records: each with its number.
    """

    name: str
    unit: str
    columns: list[str] | None
    records: Numbered


def find_files(paths: tuple[str, ...]) -> list[str]:
    """The files that the names and patterns stand for, in order, each once, by whatever name.

    A pattern does not find the rejects that imports have written.
    """
    found: dict[object, str] = {}
    for path in paths:
        if not path:
            raise SourceError("the name of a file is empty")
        if path == STANDARD_INPUT:
            found[path] = path
            continue
        names = [path]
        if not Path(path).exists():
            names = [
                name
                for name in sorted(glob(path, recursive=True))  # noqa: PTH207
                if Path(name).is_file() and not name.endswith(REJECTS_SUFFIX)
            ]
        if not names:
            raise SourceError(f"there is no file {path}")
        for name in names:
            if Path(name).is_dir():
                raise SourceError(f"{path} is a folder: name its files, such as '{path}/*.jsonl'")
            status = Path(name).stat()
            found.setdefault((status.st_dev, status.st_ino), name)
    return list(found.values())


def open_file(path: str, options: ReadOptions, closing: ExitStack) -> Feed:
    """The records of one file; what is opened for it is closed with `closing`."""
    try:
        stream = _unpacked(path, closing)
        head = _peek(stream)
        kind = FORMATS.get(Path(PACKED.sub("", path)).suffix.lower()) or _recognised(head)
        if head.startswith(PARQUET):
            return _parquet_feed(path, options, closing)
        if head.startswith(UTF_16):
            raise SourceError(f"{path} is UTF-16; save it as UTF-8")
        if kind == "json" and _is_json_lines(head):
            kind = "lines"
        if kind == "lines":
            return Feed(path, "line", None, _readable(path, read_json_lines(stream)))
        if kind == "json":
            return Feed(path, "record", None, _readable(path, read_json(stream, path)))
        if kind == "parquet":
            raise SourceError(f"{path} is no Parquet file")
        text = decoded(stream)
        closing.callback(text.detach)
        header, records = read_csv(text, path, "\t" if kind == "tsv" else None)
        return Feed(path, "row", header, _readable(path, records))
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from None


def unreadable(path: str, error: Exception) -> SourceError:
    """The error for a file that the system, or its own format, does not let be read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return SourceError(f"{path} cannot be read: {reason}")


def _readable(path: str, records: Numbered) -> Numbered:
    try:
        yield from records
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, error) from None


def _unpacked(path: str, closing: ExitStack) -> io.BufferedReader:
    stream = cast("io.BufferedReader", sys.stdin.buffer)
    if path != STANDARD_INPUT:
        stream = Path(path).open("rb")  # noqa: SIM115
        closing.callback(stream.close)
    magic = _peek(stream)[:4]
    for beginning, compression in COMPRESSIONS.items():
        if magic.startswith(beginning):
            inner = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), compression)
            return io.BufferedReader(closing.enter_context(inner), PEEKED)
    return stream


def _peek(stream: io.BufferedReader) -> bytes:
    return stream.peek(PEEKED)[:PEEKED]


def _recognised(head: bytes) -> str:
    """The kind of text that begins so."""
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1]
    return "json" if start in (b"{", b"[") else "csv"


def _is_json_lines(head: bytes) -> bool:
    """Whether the first line that is not blank is a whole object."""
    line = head.removeprefix(BYTE_ORDER_MARK).lstrip().split(b"\n", 1)[0]
    if not line.startswith(b"{"):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _parquet_feed(path: str, options: ReadOptions, closing: ExitStack) -> Feed:
    if path == STANDARD_INPUT or PACKED.search(path):
        raise SourceError(f"{path}: Parquet is read from a file that is not packed any further")
    schema, batches = open_parquet(path, closing)
    return Feed(
        path, "row", schema.names, _readable(path, table_records(schema, batches, path, options))
    )
