"""A rejected record as JSON can carry it, whatever it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

MAX_BYTES = 1024 * 1024
"""The most that is kept of one record."""

SIMPLE = (bool, int, float, type(None))


def original(record: object) -> object:
    """`record` as JSON can carry it.

    Bytes, and characters that are none in UTF-8, become backslash escapes; a time becomes text.
    Of more than 1 MiB the beginning is kept, as text that says so at its end.
    """
    if isinstance(record, bytes):
        beginning = record[:MAX_BYTES].decode("utf-8", "backslashreplace")
        return beginning if len(record) <= MAX_BYTES else _marked(beginning, len(record))
    plain = _plain(record)
    content = orjson.dumps(plain, option=orjson.OPT_PASSTHROUGH_DATETIME, default=str)
    if len(content) <= MAX_BYTES:
        return plain
    return _marked(content[:MAX_BYTES].decode("utf-8", "ignore"), len(content))


def _marked(beginning: str, size: int) -> str:
    return f"{beginning}… [cut: {size} bytes in all]"


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, SIMPLE):
        return value
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return _text(str(value))


def _text(value: str) -> str:
    """The text, where each broken byte or lone surrogate is written as an escape."""
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace").decode()


def size_of(record: object) -> int:
    """About how many bytes a record takes, seen from its JSON."""
    return len(orjson.dumps(record))
