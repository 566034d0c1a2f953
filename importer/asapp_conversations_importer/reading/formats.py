"""Records out of text: JSON Lines, JSON and CSV, where each bad record fails by itself."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import BinaryIO

from asapp_conversations.toolkit import MAX_BODY_BYTES

from .record_parser import Unreadable, parse_json
from .sources import SourceError

Numbered = Iterator[tuple[int, object]]
"""Each record with its number, from 1; `Unreadable` stands for one that is none."""

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""The longest record that is read at all; it has to stand in memory."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLOCK = 64 * 1024
TOO_LONG = f"is longer than {MAX_RECORD_BYTES // 1024**2} MiB"
DELIMITERS = ",;\t|"
UNCLOSED = "unexpected end of data"
"""What the csv module says when the text ends within quotes."""


def read_json_lines(stream: BinaryIO) -> Numbered:
    """A record a line; blank lines count, and are passed over."""
    longest = MAX_RECORD_BYTES
    for number, line in enumerate(iter(partial(stream.readline, longest), b""), start=1):
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if len(line) == longest and not line.endswith(b"\n"):
            _skip_line(stream)
            yield number, Unreadable(TOO_LONG, line)
        elif not line.isspace() and line:
            yield number, parse_json(line)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(BLOCK)) and not rest.endswith(b"\n"):
        pass


def read_json(stream: BinaryIO, name: str) -> Numbered:
    """A record for each element of an array, or for each of several values in a row."""
    for number, content in enumerate(split_json(stream, name), start=1):
        yield number, parse_json(content)


TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+[{}\[\]]', re.DOTALL)
SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,"{}\[\]]++(?=[\s,\]])', re.DOTALL)
BETWEEN = re.compile(rb"[\s,]*+")


class _Buffer:
    """The part of a stream that is being looked at."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.content = b""
        self.position = 0

    def grow(self) -> bool:
        """Take in as much again as there is; False at the end of the stream."""
        self.content = self.content[self.position :]
        self.position = 0
        more = self.stream.read(max(len(self.content), BLOCK))
        self.content += more
        return bool(more)

    def peek(self) -> bytes:
        """The next byte that is neither space nor comma; empty at the end."""
        while True:
            self.position = BETWEEN.match(self.content, self.position).end()  # type: ignore[union-attr]
            if self.position < len(self.content):
                return self.content[self.position : self.position + 1]
            if not self.grow():
                return b""


def split_json(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The text of each element of an array, or of each of several values in a row.

    Only brackets and quotes are looked at, so that a value which is broken otherwise is passed on
    by itself.

    Raises:
        SourceError: the text ends within a value, or there is something behind the array.
    """
    buffer = _Buffer(stream)
    buffer.grow()
    buffer.content = buffer.content.removeprefix(BYTE_ORDER_MARK)
    inside = buffer.peek() == b"["
    buffer.position += inside
    number = 0
    while (byte := buffer.peek()) and not (inside and byte == b"]"):
        number += 1
        end = _value_end(buffer)
        if end is None:
            raise SourceError(
                f"{name} is broken: its record {number} is not closed; nothing can be read after it"
            )
        yield buffer.content[buffer.position : end]
        buffer.position = end
    if inside:
        if not byte:
            raise SourceError(
                f"{name} is broken: it ends after record {number} without a closing ]"
            )
        buffer.position += 1
        if buffer.peek():
            raise SourceError(f"{name} is broken: there is more text after the closing ]")


def _value_end(buffer: _Buffer) -> int | None:
    """Where the value at the buffer's position ends; None if it does not."""
    scanned = depth = 0
    scalar = buffer.peek() not in (b"{", b"[")
    while True:
        start = buffer.position + scanned
        found = (SCALAR if scalar else TO_BRACKET).match(buffer.content, start)
        if found:
            scanned = found.end() - buffer.position
            if not scalar:
                depth += 1 if found[0][-1:] in b"{[" else -1
            if depth <= 0:
                return found.end()
        elif len(buffer.content) - buffer.position > MAX_RECORD_BYTES or not buffer.grow():
            return None


class _Lines:
    """Lines of text that remembers those of the row at hand."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self.row: list[str] = []
        self._text = text
        self._name = name

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._text.readline, MAX_RECORD_BYTES), ""):
            if len(line) == MAX_RECORD_BYTES:
                raise SourceError(f"{self._name} is no CSV: it has a line that {TOO_LONG}")
            self.row.append(line)
            yield line


def decoded(stream: BinaryIO) -> io.TextIOWrapper:
    """A stream of CSV as text; broken bytes are surrogates in it."""
    return io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")


def read_csv(
    text: io.TextIOWrapper, name: str, delimiter: str | None = None
) -> tuple[list[str], Numbered]:
    """The header, and a record a row, whose cells are text; an empty one is None.

    Without a delimiter it is the one of `,;|` and tab that the header has most of. The header is
    row 1.
    """
    lines = _Lines(text, name)
    source = iter(lines)
    first = next(source, "")
    separator = delimiter or max(DELIMITERS, key=first.count)
    rows = csv.reader(chain([first], source), delimiter=separator, strict=True)
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise SourceError(f"{name} is broken: its header is no CSV ({error})") from None
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise SourceError(f"{name} has more than one column {', '.join(doubled)}")
    return header, _csv_records(rows, header, lines, name)


def _csv_records(
    rows: Iterator[list[str]], header: list[str], lines: _Lines, name: str
) -> Numbered:
    number = 1
    while True:
        number += 1
        lines.row.clear()
        try:
            row = next(rows, None)
        except csv.Error as error:
            if str(error) == UNCLOSED:
                raise SourceError(
                    f"{name} is broken: a quote that opens in row {number} is not closed; "
                    "nothing can be read after it"
                ) from None
            yield number, Unreadable(f"is not CSV: {error}", "".join(lines.row))
            continue
        if row is None:
            return
        if len(row) == len(header):
            yield number, dict(zip(header, [cell or None for cell in row], strict=True))
        elif row:
            reason = f"has {len(row)} cells where the header has {len(header)}"
            yield number, Unreadable(reason, "".join(lines.row))


@contextmanager
def wide_csv_fields() -> Iterator[None]:
    """Let a cell of CSV be as long as a record; the limit belongs to the whole process."""
    before = csv.field_size_limit(max(csv.field_size_limit(), MAX_BODY_BYTES))
    try:
        yield
    finally:
        csv.field_size_limit(before)
