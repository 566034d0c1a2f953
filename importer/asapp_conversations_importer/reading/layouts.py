"""Where records of one set of columns have their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

import orjson
from asapp_conversations_client.facts import BATCH

from .fields import Columns, Field, KeyPath, check_mapping, fields, plain_name
from .originals import Unreadable
from .sources import ReadOptions, SourceError

KEPT = 10_000
"""How many names of columns are remembered, and with them where the fields are."""

ENVELOPE = frozenset({"file", "reason", "record"})
"""The keys by which a line of a file of rejects is recognised."""

ENVELOPE_TOO = frozenset(
    {"line", "row", "message", "field", "more", "conversation_id", "request_id"}
)
"""The keys that it can have besides; one with others is a record of its own."""

PLAIN = frozenset({str, int, float, bool, dict, list, type(None), Unreadable})
"""The types of values that are taken as they are."""


class FieldStep(NamedTuple):
    """Where a field is in a record, and in the message that is sent.

    Attributes:
        field: which one.
        outer: the document's names around it.
        name: its own name in there.
        column: the column that holds it.
        inner: the names within that.
        pick: finds it in a record where that is more than following one path.
    """

    field: Field
    outer: KeyPath
    name: str
    column: str
    inner: KeyPath
    pick: Callable[[Mapping[str, Any]], Any] | None

    def value(self, record: Mapping[str, Any]) -> Any:
        """What the record has there, if anything."""
        if self.pick is not None:
            return self.pick(record)
        value = follow(record[self.column], self.inner)
        return value if type(value) is str else meant(value)


class Layout(NamedTuple):
    """Where the records of one set of columns have their values.

    Attributes:
        conversation: the step to the conversation's id.
        messages: the path to the list of messages.
        steps: to each field of a message that is there.
    """

    conversation: FieldStep | None
    messages: KeyPath | None
    steps: Sequence[FieldStep]


REJECTED = Layout(None, None, ())
"""A line of a file of rejects, whose own columns are those of the record in it."""


class Layouts:
    """The layouts of a source, each made once.

    Args:
        options: how records are understood.
        is_text: whether every value is text, also where the document has a number, say.

    Attributes:
        found: the names of the fields that some record has had.
        columns: those seen first, in the order of appearance.
        has_unused: whether some column holds no field.
        mapping: the columns that the options name, by field.
    """

    def __init__(self, options: ReadOptions, *, is_text: bool = False) -> None:
        self._is_text = is_text
        self.found: set[str] = set()
        self.columns: dict[str, None] = {}
        self.has_unused = False
        self.mapping = check_mapping(options.columns)
        self.list = BATCH.messages_property
        values = check_mapping(options.values)
        self._meanings: dict[str, dict[str, str | None]] = {}
        for item in fields():
            given = values.get(item.name, {})
            # What is missing can have a meaning, too.
            nulls: dict[str, str | None] = {text: given.get("") for text in options.null}
            self._meanings[item.name] = nulls | dict(given)
        self._made: dict[tuple[str, ...], Layout] = {}
        self._names = 0

    def of(self, columns: tuple[str, ...]) -> Layout:
        """Where a record with these columns has its values."""
        layout = self._made.get(columns)
        if layout is None:
            self._names += len(columns)
            if self._names > KEPT:
                self._made.clear()
                self._names = 0
            layout = self._made[columns] = self._make(columns)
        return layout

    def of_table(self, columns: Sequence[str]) -> dict[str, bool]:
        """The columns of a table that are read, and whether each holds identifiers.

        Raises:
            SourceError: several columns could be the same field.
        """
        layout = self.of(tuple(columns))
        where = Columns(columns, self.mapping)
        for name in (*(item.name for item in fields()), self.list):
            whole = [path[0] for path in where.find(name) if len(path) == 1]
            if len(whole) > 1:
                raise SourceError(
                    f"columns {', '.join(whole)} could all be {name}; choose one with --map"
                )
        read = dict.fromkeys([layout.messages[0]] if layout.messages else [], False)
        for step in [*layout.steps, *filter(None, [layout.conversation])]:
            read |= {path[0]: False for path in where.find(step.field.name)[1:]}
            read[step.column] = step.field.is_identifier and not step.inner
        return read

    def _make(self, columns: tuple[str, ...]) -> Layout:
        if ENVELOPE.issubset(columns) and ENVELOPE.union(ENVELOPE_TOO).issuperset(columns):
            return REJECTED
        columns = tuple(name for name in columns if isinstance(name, str))
        where = Columns(columns, self.mapping)
        paths = {item: found for item in fields() if (found := where.find(item.name))}
        lists = where.find(self.list)
        self.found |= {item.name for item in paths} | ({self.list} if lists else set())
        if len(self.columns) < KEPT:
            self.columns.update(dict.fromkeys(columns))
        used = {path[0] for found in [*paths.values(), lists] for path in found}
        self.has_unused = self.has_unused or not used.issuperset(columns)
        steps = {item: self._step(item, found) for item, found in paths.items()}
        conversation = steps.pop(fields().conversation, None)
        return Layout(conversation, lists[0] if lists else None, list(steps.values()))

    def _step(self, item: Field, paths: list[KeyPath]) -> FieldStep:
        meanings = self._meanings[item.name]
        special = partial(_pick, paths=paths, meanings=meanings)
        pick = special if meanings or len(paths) > 1 else None
        if self._is_text and item.kinds and "string" not in item.kinds:
            pick = partial(_read_cell, pick=special)
        return FieldStep(item, item.path[:-1], item.path[-1], paths[0][0], paths[0][1:], pick)


def _pick(
    record: Mapping[str, Any], paths: list[KeyPath], meanings: Mapping[str, str | None]
) -> Any:
    """What the record has at one of the paths, and stands for what the meanings say."""
    found = [
        value for path in paths if (value := meant(follow(record[path[0]], path[1:]))) is not None
    ]
    if len(found) > 1:
        return Unreadable("is given more than once; choose a column with --map", found)
    value = found[0] if found else ""
    return meanings.get(value, value or None) if isinstance(value, str) else value


def _read_cell(record: Mapping[str, Any], pick: Callable[[Mapping[str, Any]], Any]) -> Any:
    """The JSON value that a cell of text stands for; the text itself where it stands for none."""
    text = pick(record)
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text.lower() if text.lower() in ("true", "false") else text)
    except orjson.JSONDecodeError:
        return text


def follow(value: Any, path: Sequence[str]) -> Any:
    """What is found in a value at the path, if anything."""
    for key in path:
        value = value[key] if type(value) is dict and key in value else inside(value, key)
    return value


def inside(holder: object, key: str) -> Any:
    """The value of that name; case, dots and underscores make no difference."""
    if not isinstance(holder, Mapping):
        return holder if isinstance(holder, Unreadable) else None
    if key in holder:
        return holder[key]
    plain = plain_name(key)
    found = [holder[k] for k in holder if isinstance(k, str) and plain_name(k) == plain]
    if len(found) > 1:
        return Unreadable("is given more than once", found)
    return found[0] if found else None


def meant(value: object) -> Any:
    """The value that one of a richer type stands for: of an enumeration, of numpy, of a subclass."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Enum):
        return meant(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    return value.tolist() if type(value).__module__ == "numpy" else value  # type: ignore[attr-defined]
