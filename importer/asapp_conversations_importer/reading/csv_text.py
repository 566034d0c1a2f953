"""Records out of CSV (RFC 4180), where each bad row fails by itself as far as rows can be told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from asapp_conversations.toolkit import counted
from attrs import define, field

from .json_text import MAX_RECORD_BYTES, TOO_LONG, Numbered
from .originals import Unreadable
from .sources import SourceError

DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
"""A first line by which a spreadsheet is told the delimiter."""


@define
class _Lines:
    """Lines of text, and those of the row at hand.

    What a row has beyond the longest record is thinned out to what decides where it ends, so that
    its neighbours are read whatever it holds.
    """

    text: io.TextIOWrapper
    delimiters: str = DELIMITERS
    row: list[str] = field(factory=list)
    size: int = 0
    number: int = 0
    first: int = 0

    def begin_row(self) -> None:
        """Forget the row before."""
        self.row.clear()
        self.size = 0

    @property
    def too_long(self) -> bool:
        """Whether the row is longer than a record may be."""
        return self.size > MAX_RECORD_BYTES

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self.text.readline, MAX_RECORD_BYTES), ""):
            self.number += 1
            self.size += len(line)
            self.first = self.first if self.row else self.number
            whole = line
            while len(line) == MAX_RECORD_BYTES and not line.endswith(("\n", "\r")):
                line = self.text.readline(MAX_RECORD_BYTES)
                self.size += len(line) + 1
                whole = self._thinned(whole) + line
            if self.too_long:
                whole = self._thinned(whole)
                if self.row and '"' not in whole:
                    continue
            self.row.append(whole)
            yield whole

    def _thinned(self, line: str) -> str:
        """The line with one character for each run of those that mean nothing to CSV."""
        return re.sub(f'[^"\r\n{re.escape(self.delimiters)}]+', "x", line)


class CsvReader:
    """Reads CSV: first its header, then its rows.

    Attributes:
        header: the names of the columns.
    """

    def __init__(
        self, stream: BinaryIO, name: str, delimiter: str | None = None, *, one_line_rows: bool
    ) -> None:
        """Read the header; `delimiter` is the one of `,;|` and tab that it has most of, if not told.

        Raises:
            SourceError: the header is no CSV.
        """
        # Broken bytes are surrogates in it.
        self.text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        self._name = name
        self._one_line_rows = one_line_rows
        self._lines = _Lines(self.text)
        self._source = iter(self._lines)
        first = next(self._source, "")
        if found := SEPARATOR_LINE.fullmatch(first):
            delimiter = delimiter or found[1]
            self._lines.begin_row()
            first = next(self._source, "")
        unquoted = re.sub('"[^"]*"', "", first)
        self._delimiter = delimiter or max(DELIMITERS, key=unquoted.count)
        self._lines.delimiters = self._delimiter
        self._rows = self._reader(self._again(first))
        row = self._next_row(1)
        if isinstance(row, Unreadable):
            raise SourceError(f"{name} is broken: its header {row.reason}")
        self.header = row or []

    def _again(self, first: str) -> Iterator[str]:
        yield first
        yield from self._source

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, strict=True)

    def records(self, wanted: Container[str]) -> Numbered:
        """A record a row, of the wanted columns alone; an empty cell is None. The header is row 1.

        Raises:
            SourceError: a quoted cell goes on where it should have ended, so that nothing behind it
                can be told to be a row.
        """
        width = len(self.header)
        places = [(name, place) for place, name in enumerate(self.header) if name in wanted]
        needed = 1 + max((place for _, place in places), default=-1)
        number = 1
        while True:
            number += 1
            self._lines.begin_row()
            row = self._next_row(number)
            if row is None:
                return
            if isinstance(row, Unreadable):
                yield number, row
            elif not any(row) or (
                row[-1] == self.header[-1]
                and [row[0].removeprefix("\ufeff"), *row[1:]] == self.header
            ):
                continue
            elif len(row) == width or (needed <= len(row) and not any(row[width:])):
                yield number, {name: row[place] or None for name, place in places}
            else:
                reason = f"has {counted(len(row), 'cell')} where the header has {width}"
                yield number, Unreadable(reason, "".join(self._lines.row))

    def _next_row(self, number: int) -> list[str] | Unreadable | None:
        """The next row, or why it is none; None at the end."""
        try:
            rows = self._one_line() if self._one_line_rows and number > 1 else self._rows
            row = next(rows, None)
        except csv.Error as error:
            if self._one_line_rows:
                return Unreadable(f"is not CSV: {error}", "".join(self._lines.row))
            raise SourceError(self._broken(number)) from None
        if self._lines.too_long:
            return Unreadable(TOO_LONG, "".join(self._lines.row))
        return row

    def _one_line(self) -> Iterator[list[str]]:
        return self._reader(line for line in [next(self._source, None)] if line is not None)

    def _broken(self, number: int) -> str:
        """Which quote is the cause, after an error."""
        parts = re.escape(self._delimiter)
        cell = f'(?:"(?:[^"]++|"")*+"|[^"{parts}\r\n][^{parts}\r\n]*+)?+'
        whole_cells = re.compile(f"(?:{cell}{parts})*+").match("".join(self._lines.row))
        within = whole_cells[0].count("\n") if whole_cells else 0
        line = self._lines.first + within
        return (
            f"{self._name} is broken: the cell whose quote opens in row {number}, line {line}, goes on "
            "where it should end, so that no row behind it is certain; mend it, or if no cell holds "
            "a line break, say so (--one-line-rows): then that row alone is rejected"
        )


@contextmanager
def long_cells() -> Iterator[None]:
    """Let a cell of CSV be as long as a record; the limit belongs to the whole process."""
    before = csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_RECORD_BYTES))
    try:
        yield
    finally:
        csv.field_size_limit(before)
