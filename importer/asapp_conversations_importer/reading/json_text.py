"""Records out of JSON Lines and JSON, where each bad record fails by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import orjson

from .originals import Unreadable
from .sources import SourceError

Numbered = Iterator[tuple[int, object]]
"""Each record with its number, from 1; `Unreadable` stands for one that is none."""

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""The longest record that is read at all; it has to stand in memory."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BLOCK = 64 * 1024
TOO_LONG = f"is longer than {MAX_RECORD_BYTES // 1024**2} MiB"


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


LONGEST_INTEGER = 4000
"""Digits that Python turns into a number without being asked to (`int`, string conversion limit)."""

SPACE = b" \t\r\n"
LONG_NUMBER = re.compile(rb"[0-9]{19}")
SPACED_COLONS = (b" :", b"\t:", b"\n:", b"\r:")


def parse_json(content: bytes) -> object:
    """The value that JSON text stands for, or why it stands for none.

    A value that JSON cannot carry, and a key that is given twice, is `Unreadable` in its place, or
    what a field cannot take: a text with surrogates, a number that is none.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return _parse_tolerantly(content, error.msg)
    try:
        # Most writers write as orjson does but for spaces, which tells that nothing got lost.
        if orjson.dumps(value).translate(None, SPACE) == content.translate(None, SPACE):
            return value
    except orjson.JSONEncodeError:
        pass
    return value if _is_whole(content, value) else _parse_tolerantly(content, "")


def _is_whole(content: bytes, value: object) -> bool:
    """Whether the value has all keys of its text, none of which comes twice, and exact numbers."""
    if any(colon in content for colon in SPACED_COLONS) or LONG_NUMBER.search(content):
        return False
    return content.count(b'":') == _count_keys(value)


def _count_keys(value: object) -> int:
    count, left = 0, [value]
    while left:
        inner = left.pop()
        if isinstance(inner, dict):
            count += len(inner)
            left += inner.values()
        elif isinstance(inner, list):
            left += inner
    return count


def _parse_tolerantly(content: bytes, complaint: str) -> object:
    """As `parse_json`, slowly, with what orjson refuses or drops."""
    text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        # The words of both libraries quote nothing.
        reason = complaint or str(getattr(error, "msg", "nested too deep"))
        return Unreadable(f"is not JSON: {reason}", content)


def _integer(digits: str) -> object:
    return int(digits) if len(digits) < LONGEST_INTEGER else Unreadable("is too long", digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        for name in found:
            values = [value for key, value in pairs if key == name]
            if len(values) > 1:
                found[name] = Unreadable("is given more than once", values)
    return found


TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+[{}\[\]]', re.DOTALL)
SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,"{}\[\]]++(?=[\s,\]])', re.DOTALL)
BETWEEN = re.compile(rb"[\s,]*+")


class _Buffer:
    """The part of a stream that is being looked at."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.content = b""
        self.position = 0
        self._rest = b"\n"
        """Behind the end of the stream, so that a number is over there, too."""

    def grow(self) -> bool:
        """Take in as much again as there is; False at the end of the stream."""
        more = self.stream.read(max(len(self.content) - self.position, BLOCK))
        if not more:
            more, self._rest = self._rest, b""
        self.content = self.content[self.position :] + more
        self.position = 0
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
