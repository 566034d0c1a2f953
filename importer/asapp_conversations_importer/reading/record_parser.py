"""From one record of a source to valid messages, ready to send, and to what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

import orjson
from asapp_conversations import Problem
from asapp_conversations.toolkit import (
    body_size,
    check_conversation_id,
    check_record,
    encode_record,
)
from asapp_conversations_client.facts import BATCH

from .fields import KeyPath, check_mapping, fields, locate, same_name
from .messages import Place, Reject
from .originals import original
from .sources import ReadOptions
from .times import TimeParser

LAYOUTS_KEPT = 1000
NOT_A_RECORD = "is not an object with named fields"
ENVELOPE = frozenset({"file", "reason", "record"})
"""The keys by which a line of a file of rejects is recognised."""


class ValidMessage(NamedTuple):
    """A valid message.

    Attributes:
        conversation_id: the conversation that it belongs to.
        sent_at: microseconds since 1970-01-01 UTC.
        content: its JSON, as it stands in a request.
    """

    conversation_id: str
    sent_at: int
    content: bytes


class InvalidRecord(NamedTuple):
    """A record, or a message of one, that cannot be sent; `problems` has one at least."""

    conversation_id: str | None
    problems: Sequence[Problem]
    record: object

    def at(self, place: Place) -> Reject:
        """The reject for that place."""
        first, *more = self.problems
        path = first.path or None
        return Reject(place, self.conversation_id, path, first.reason, self.record, tuple(more))


class Unreadable(NamedTuple):
    """What stands in the place of a record that its format does not let through."""

    reason: str
    original: object


class Layout(NamedTuple):
    """Where the records of one set of columns have their values.

    Attributes:
        conversation: the path to the conversation's id.
        messages: the path to the list of messages.
        steps: for each field that is there: whether it is a time, the document's names around it,
            its own name, and the column that holds it, with the names within.
    """

    conversation: KeyPath | None
    messages: KeyPath | None
    steps: list[tuple[bool, KeyPath, str, str, KeyPath]]


REJECTED = Layout(None, None, [])
"""A line of a file of rejects, whose own columns are those of the record in it."""


class RecordParser:
    """Parses records of one source, each a message or a conversation.

    Attributes:
        found: the names of the fields that some record has had.
        columns: every column seen, in the order of appearance.
        unused: those that hold no field.
        mapping: the columns that the options name, by field.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.found: set[str] = set()
        self.columns: dict[str, None] = {}
        self.unused: set[str] = set()
        self.mapping = check_mapping(options.columns)
        self._times = TimeParser(options.timezone, options.time_formats)
        self._largest = options.max_body_bytes - body_size([0])
        self._fields = fields()
        self._list = BATCH.messages_property
        self._order = [*(item.name for item in self._fields), self._list]
        self._layouts: dict[tuple[str, ...], Layout] = {}

    def parse(self, record: object) -> list[ValidMessage | InvalidRecord]:
        """Every message of a record.

        A record is a message with its conversation's id, a conversation with the list of its
        messages, or a line of a file of rejects that holds one of these.
        """
        if type(record) is not dict:
            if not isinstance(record, Mapping):
                return [_not_a_record(record)]
            record = dict(record)
        layout = self.layout(tuple(record))
        if layout is REJECTED:
            return self.parse(_unwrap(record["record"]))
        conversation_id = _value(record, layout.conversation)
        if layout.messages:
            messages = _value(record, layout.messages)
            if isinstance(messages, list):
                return self._parse_conversation(record, conversation_id, messages)
        return [self._parse_message(record, layout, conversation_id, record)]

    @property
    def has_messages(self) -> bool:
        """Whether some record has had a list of messages."""
        return self._list in self.found

    def layout(self, columns: tuple[str, ...]) -> Layout:
        """Where a record with these columns has its values."""
        layout = self._layouts.get(columns)
        if layout is None:
            layout = self._make_layout(columns)
            if len(self._layouts) >= LAYOUTS_KEPT:
                self._layouts.clear()
            self._layouts[columns] = layout
        return layout

    def _make_layout(self, columns: tuple[str, ...]) -> Layout:
        if ENVELOPE.issubset(columns):
            return REJECTED
        names = self._order
        paths = {name: locate(name, columns, self.mapping) for name in names}
        self.found |= {name for name, path in paths.items() if path}
        self.columns.update(dict.fromkeys(columns))
        self.unused |= {*columns} - {path[0] for path in paths.values() if path}
        steps = [(item, paths[item.name]) for item in self._fields.message]
        return Layout(
            paths[self._fields.conversation.name],
            paths[self._list],
            [(item.is_time, item.path[:-1], item.path[-1], *_split(p)) for item, p in steps if p],
        )

    def _parse_conversation(
        self, record: dict[str, Any], conversation_id: object, messages: list[object]
    ) -> list[ValidMessage | InvalidRecord]:
        id_name = self._fields.conversation.name
        outcomes: list[ValidMessage | InvalidRecord] = []
        for message in messages:
            if isinstance(message, dict):
                layout = self.layout(tuple(message))
                alone = {id_name: conversation_id, **message}
                outcomes.append(self._parse_message(message, layout, conversation_id, alone))
            else:
                alone = {id_name: conversation_id, self._list: [message]}
                outcomes.append(_invalid(conversation_id, self._list, NOT_A_RECORD, alone))
        return outcomes or [_invalid(conversation_id, self._list, "is empty", record)]

    def _parse_message(
        self,
        message: dict[str, Any],
        layout: Layout,
        conversation_id: object,
        alone: dict[str, Any],
    ) -> ValidMessage | InvalidRecord:
        """Parse one message; `alone` is a record of it and its conversation's id."""
        wire: dict[str, Any] = {}
        sent_at = 0
        unread = []
        for is_time, outer, name, column, inner in layout.steps:
            value = message[column]
            for key in inner:
                value = value[key] if type(value) is dict and key in value else _inside(value, key)
            if value is None:
                continue
            if is_time and isinstance(value, (str, datetime)):
                try:
                    sent_at, _, value = self._times.parse(value)
                except ValueError as error:
                    unread.append(Problem(".".join((*outer, name)), str(error)))
                    continue
            holder = wire
            for key in outer:
                holder = holder.setdefault(key, {})
            holder[name] = value
        if not (unread or check_conversation_id(conversation_id)):
            content, found = encode_record(wire)
            if not found and len(content) <= self._largest:
                return ValidMessage(cast("str", conversation_id), sent_at, content)
        problems = self._explain(conversation_id, wire, unread)
        return InvalidRecord(_valid_id(conversation_id), problems, original(alone))

    def _explain(
        self, conversation_id: object, wire: dict[str, Any], unread: list[Problem]
    ) -> list[Problem]:
        """All that is wrong with a message, in the order of the fields."""
        values = {item.name: _value(wire, item.path) for item in self._fields.message}
        values[self._fields.conversation.name] = conversation_id
        told = {problem.path for problem in unread}
        absent = [item.name for item in self._fields if item.required and values[item.name] is None]
        problems = unread + [Problem(name, "is missing") for name in absent if name not in told]
        found = check_conversation_id(conversation_id) + check_record(wire)
        problems += [problem for problem in found if values.get(problem.path) is not None]
        problems += [
            Problem(name, "has bytes or surrogates that are no text in UTF-8")
            for name, value in values.items()
            if isinstance(value, str) and not _is_utf8(value)
        ]
        problems.sort(key=lambda problem: self._order.index(problem.path))
        return problems or found or [Problem("", "is larger than the body of a request may be")]


def _not_a_record(record: object) -> InvalidRecord:
    if isinstance(record, Unreadable):
        return InvalidRecord(None, [Problem("", record.reason)], original(record.original))
    return InvalidRecord(None, [Problem("", NOT_A_RECORD)], original(record))


def _invalid(conversation_id: object, path: str, reason: str, record: object) -> InvalidRecord:
    return InvalidRecord(_valid_id(conversation_id), [Problem(path, reason)], original(record))


def _unwrap(record: object) -> object:
    """What a line of a file of rejects holds; a line that was not JSON may have become it."""
    return parse_json(record.encode("utf-8", "replace")) if isinstance(record, str) else record


def parse_json(content: bytes) -> object:
    """The value that JSON text stands for, or why it stands for none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return Unreadable(f"is not JSON: {error.msg}", content)


def _value(record: Mapping[str, Any], path: KeyPath | None) -> Any:
    """What is found at the path, if anything."""
    if path is None:
        return None
    value = record.get(path[0])
    for key in path[1:]:
        value = _inside(value, key)
    return value


def _inside(holder: object, key: str) -> Any:
    """The value of that name; case, dots and underscores make no difference."""
    if not isinstance(holder, Mapping):
        return None
    if key in holder:
        return holder[key]
    return next((holder[name] for name in holder if same_name(name, key)), None)


def _split(path: KeyPath) -> tuple[str, KeyPath]:
    return path[0], path[1:]


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _valid_id(value: object) -> str | None:
    return value if isinstance(value, str) and not check_conversation_id(value) else None
