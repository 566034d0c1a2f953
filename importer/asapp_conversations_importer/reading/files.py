"""Files: which ones, how they are packed, and what is in them."""

from __future__ import annotations

import codecs
import io
import re
import sys
from contextlib import ExitStack
from glob import glob
from pathlib import Path
from typing import Any, cast

import orjson
import pyarrow as pa
from attrs import frozen

from .csv_text import CsvReader
from .json_text import BYTE_ORDER_MARK, Numbered, read_json, read_json_lines
from .sources import STANDARD_INPUT, ReadOptions, SourceError
from .stores import find_objects, is_remote, open_object, readable
from .tables import Rows, open_parquet

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of what can be unpacked."""

FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV UTF-8",
    b"\xfd7zXZ\x00": "packed with xz: unpack it, or pack it with gzip or zstd",
    b"BZh": "packed with bzip2: unpack it, or pack it with gzip or zstd",
    b"7z\xbc\xaf": "packed with 7-Zip: unpack it, or pack it with gzip or zstd",
    b"ARROW1": "an Arrow file: hand its table to import_messages, or write it as Parquet",
    b"Obj\x01": "an Avro file: write it as Parquet or JSON Lines",
    b"SQLite format 3": "a SQLite database: read it with --query and DuckDB's sqlite_scan",
}
"""The first bytes of what cannot be read, and what to do instead."""

PARQUET = b"PAR1"
FORMATS = {
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
JSON_START = re.compile(rb'\{\s*"|\[\s*\{\s*"')
PACKED = re.compile(r"\.(gz|zst|zstd)$", re.IGNORECASE)
PEEKED = 64 * 1024
REJECTS_SUFFIX = ".rejects.jsonl"
"""How the names of files of rejects end."""

OWN = re.compile(r"\.(rejects\.jsonl|ledger(\.lock|-wal|-shm)?)$")
"""The names of what imports leave behind, which no pattern means."""


@frozen
class Feed:
    """One file's, or one table's, records.

    Attributes:
        name: the file's, or what stands for it.
        unit: what `records` are counted in, as `Place` has it.
        columns: the names that every record has; None where each record has its own.
        records: each with its number, given the columns that somebody reads.
        is_text: whether every value is text, also that of a number.
    """

    name: str
    unit: str
    columns: list[str] | None
    records: Rows
    is_text: bool = False


def find_files(paths: tuple[str, ...]) -> list[str]:
    """The files that the names and patterns stand for, in order, each once, by whatever name.

    A pattern does not find what imports have left behind.
    """
    found: dict[object, str] = {}
    for path in paths:
        if not path:
            raise SourceError("the name of a file is empty")
        if path == STANDARD_INPUT:
            found[path] = path
            continue
        if is_remote(path):
            found |= {name: name for name in find_objects(path)}
            continue
        names = [path]
        if not Path(path).exists():
            names = [
                name
                for name in sorted(glob(path, recursive=True))  # noqa: PTH207
                if Path(name).is_file() and not OWN.search(name)
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
    with readable(path):
        stream = _unpacked(path, closing)
        head = _peek(stream)
        if head.startswith(PARQUET):
            return _parquet_feed(path, closing)
        for beginning, words in FOREIGN.items():
            if head.startswith(beginning):
                raise SourceError(f"{path} is {words}")
        if options.encoding not in (None, "utf-8"):
            stream = io.BufferedReader(cast("Any", _Recoded(stream, options.encoding)), PEEKED)
            head = _peek(stream)
        elif encoding := _wide_encoding(head):
            raise SourceError(
                f"{path} is {encoding.upper()}: save it as UTF-8, or say --encoding {encoding}"
            )
        return _text_feed(path, stream, head, options, closing)


def _text_feed(
    path: str, stream: io.BufferedReader, head: bytes, options: ReadOptions, closing: ExitStack
) -> Feed:
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    kind = FORMATS.get(Path(PACKED.sub("", path)).suffix.lower())
    if kind == "parquet":
        raise SourceError(f"{path} is no Parquet file")
    if kind is None:
        kind = "json" if start[:1] in (b"{", b"[") else "csv"
    if kind == "json" and _first_line_is(b"{", start):
        kind = "lines"
    if kind == "lines" and start[:1] == b"[" and not _first_line_is(b"[", start):
        kind = "json"
    if kind == "lines":
        return Feed(path, "line", None, lambda _: _readable(path, read_json_lines(stream)))
    if kind == "json":
        return Feed(path, "record", None, lambda _: _readable(path, read_json(stream, path)))
    if JSON_START.match(start):
        raise SourceError(f"{path} holds JSON: let its name end in .jsonl or .json")
    delimiter = options.delimiter or ("\t" if kind == "tsv" else None)
    reader = CsvReader(stream, path, delimiter, one_line_rows=options.one_line_rows)
    closing.callback(reader.text.detach)
    return Feed(
        path, "row", reader.header, lambda wanted: _readable(path, reader.records(wanted)), True
    )


def _readable(path: str, records: Numbered) -> Numbered:
    with readable(path):
        yield from records


def _unpacked(path: str, closing: ExitStack) -> io.BufferedReader:
    if is_remote(path):
        stream = io.BufferedReader(closing.enter_context(open_object(path)), PEEKED)
    elif path != STANDARD_INPUT:
        stream = io.BufferedReader(cast("Any", io.FileIO(path)), PEEKED)
        closing.callback(stream.close)
    elif sys.stdin is None:
        raise SourceError("standard input is closed: there is nothing to read")
    else:
        stream = cast("io.BufferedReader", sys.stdin.buffer)
    magic = _peek(stream)[:4]
    for beginning, compression in COMPRESSIONS.items():
        if magic.startswith(beginning):
            inner = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), compression)
            return io.BufferedReader(closing.enter_context(inner), PEEKED)
    return stream


def _peek(stream: io.BufferedReader) -> bytes:
    return stream.peek(PEEKED)[:PEEKED]


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8; what is no text in it is none in UTF-8 either."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        ended = False
        while not self._left and not ended:
            content = self._stream.read(PEEKED)
            ended = not content
            self._left = self._decoder.decode(content, ended).encode("utf-8", "surrogateescape")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _wide_encoding(head: bytes) -> str | None:
    """The encoding of text whose characters take two or four bytes each."""
    for mark, name in {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }.items():
        if head.startswith(mark):
            return name
    # Without a mark, the first characters tell, which are of ASCII in all that can be read.
    zeros = "".join("0" if byte == 0 else "x" for byte in head[:4])
    return {
        "x000": "utf-32-le",
        "000x": "utf-32-be",
        "x0x0": "utf-16-le",
        "0x0x": "utf-16-be",
    }.get(zeros)


def _first_line_is(bracket: bytes, start: bytes) -> bool:
    """Whether the first line is a whole value of that kind, and not all that there is."""
    line, _, rest = start.partition(b"\n")
    if not line.startswith(bracket) or (bracket == b"[" and not rest.strip()):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _parquet_feed(path: str, closing: ExitStack) -> Feed:
    if path == STANDARD_INPUT or PACKED.search(path):
        raise SourceError(f"{path}: Parquet is read from a file that is not packed any further")
    columns, rows = open_parquet(path, closing)
    return Feed(path, "row", columns, lambda wanted: _readable(path, rows(wanted)))
