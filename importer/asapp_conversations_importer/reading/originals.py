"""A rejected record as JSON can carry it, whatever it was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time
from typing import TypeGuard

import orjson
from attrs import frozen

MAX_BYTES = 1024 * 1024
"""The most that is kept of one record."""

MARK = 100
"""Bytes of the words by which what is longer ends."""

DEEPEST = 50
"""Levels within one another that are kept."""

RAW = "raw"
"""The only key of what stands for a record that could not be taken apart, or is too long."""


@frozen
class Unreadable:
    """What stands in the place of a record, or of a value, that its format does not let through."""

    reason: str
    original: object


def original(record: object) -> object:
    """`record` as JSON can carry it; what is no mapping, or longer than 1 MiB, as text by itself.

    Bytes, and characters that are none in UTF-8, become backslash escapes, and what JSON has no
    form for becomes text.
    """
    if isinstance(record, Unreadable):
        record = record.original
    if is_raw(record) and len(str(record[RAW])) < MAX_BYTES + MARK:
        return record
    if isinstance(record, (bytes, str)):
        text = str(plain(record[:MAX_BYTES]))
        return {RAW: text if len(record) <= MAX_BYTES else _marked(text, len(record))}
    value = plain(record)
    content = orjson.dumps(value)
    if len(content) > MAX_BYTES:
        return {RAW: _marked(content[:MAX_BYTES].decode("utf-8", "ignore"), len(content))}
    return value if isinstance(value, dict) else {RAW: content.decode()}


def is_raw(value: object) -> TypeGuard[dict[str, object]]:
    """Whether it stands for what could not be read."""
    return isinstance(value, dict) and set(value) == {RAW}


def _marked(beginning: str, size: int) -> str:
    return f"{beginning}… [cut: {size} bytes in all]"


def carried(value: object) -> object:
    """A value as it is if JSON can carry it; else an object that says what it was.

    So nothing that was rejected for what it is can be taken for a text before it is mended.
    """
    written = plain(value)
    try:
        return written if written == value else {RAW: written}
    except Exception:  # noqa: BLE001 - an object's own code can raise anything
        return {RAW: written}


def plain(value: object, levels: int = DEEPEST) -> object:
    """A value of JSON that says what `value` was; never raises."""
    try:
        return _plain(value, levels)
    except Exception:  # noqa: BLE001 - an object's own code can raise anything
        return f"<{type(value).__name__}>"


def _plain(value: object, levels: int) -> object:
    match value:
        case None | bool():
            return value
        case int() if -(2**63) <= value < 2**63:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case str():
            return as_text(value)
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case Unreadable():
            return plain(value.original, levels)
        case date() | time():
            return value.isoformat()
        case Mapping() | list() | tuple() | AbstractSet() if not levels:
            return "… [too deep]"
        case Mapping():
            return {as_text(str(key)): plain(inner, levels - 1) for key, inner in value.items()}
        case list() | tuple() | AbstractSet():
            return [plain(inner, levels - 1) for inner in value]
    return as_text(str(value))


def as_text(value: str) -> str:
    """The text, where each broken byte or lone surrogate is written as an escape."""
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()


def size_of(record: object) -> int:
    """About how many bytes a record takes, seen from its JSON."""
    return len(orjson.dumps(record))
