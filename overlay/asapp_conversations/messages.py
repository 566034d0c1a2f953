"""Messages: short ways to write one, and the one encoder of what is sent."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, cast

import orjson
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import Message, Sender, SenderRole
from attrs import frozen

from .timestamps import NO_TIME, is_final, parse_timestamp, wire_text
from .validation import Problem, check_record, is_valid_record

OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
"""The order of names is fixed, so that a message has the same bytes whoever hands it in, and
whatever order a later document lists them in: ASAPP's 409 and the importer's ledger rest on them."""

Encoded = tuple[bytes, Sequence[Problem]]
"""The JSON of a message in UTF-8, empty if there is none, and what the document forbids about it."""


def agent(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that an agent sent.

    Args:
        text: what was said.
        external_id: the participant's identifier in your own system.
        timestamp: when; a datetime or its ISO 8601 text, in UTC if it has no zone.
    """
    return _message(SenderRole.AGENT, text, external_id, timestamp)


def customer(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that a customer sent; arguments as for `agent`."""
    return _message(SenderRole.CUSTOMER, text, external_id, timestamp)


def system(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that a system sent; arguments as for `agent`."""
    return _message(SenderRole.SYSTEM, text, external_id, timestamp)


def _message(role: SenderRole, text: str, external_id: str, timestamp: datetime | str) -> Message:
    try:
        timestamp = parse_timestamp(timestamp)
    except ValueError:
        # Kept as it is: create_messages names it together with every other problem.
        timestamp = cast("datetime", timestamp)
    sender = Sender(role=role, external_id=external_id)
    return Message(text=text, sender=sender, timestamp=timestamp)


def encode_message(message: Message | Mapping[str, Any]) -> Encoded:
    """One message as it is sent: a model, or a mapping in the API's JSON form.

    Times may be datetimes or ISO 8601 texts; they are sent in UTC, and taken as UTC without a zone.
    """
    if isinstance(message, Message):
        try:
            record = message.to_dict()
        except AttributeError:
            record = _tolerant_dict(message)
    elif isinstance(message, Mapping):
        record = dict(message)
    else:
        kind = type(cast("object", message)).__name__
        return b"", [Problem("", f"a Message or a mapping is expected, not {kind}")]
    unread = []
    for path in BATCH.time_paths:
        value = record.get(path[0])
        if not (type(value) is str and is_final(value)) and (problem := _set_time(record, path)):
            unread.append(problem)
    content, problems = encode_record(record)
    if unread:
        told = {problem.path for problem in unread}
        problems = unread + [problem for problem in problems if problem.path not in told]
    return content, problems


def encode_record(record: Mapping[str, Any]) -> Encoded:
    """One message in the API's JSON form, whose times are in their final form already."""
    try:
        content = orjson.dumps(record, default=_as_dict, option=OPTIONS)
    except TypeError as error:
        word = "text" if "UTF-8" in str(error) else "a value"
        return b"", [Problem("", f"has {word} that JSON in UTF-8 cannot carry")]
    if b"null" in content and not _is_finite(record):
        return b"", [Problem("", "has a number that JSON cannot carry")]
    try:
        if is_valid_record(record):
            return content, ()
    except ValueError:
        # A type that the validator does not know, such as a subclass of str.
        record = orjson.loads(content)
    return content, check_record(record)


def _set_time(record: dict[str, Any], path: tuple[str, ...]) -> Problem | None:
    """Bring the time at this path into its final form; what is no time is left to the schema."""
    for key in path[:-1]:
        inner = record.get(key)
        if not isinstance(inner, Mapping):
            return None
        record[key] = record = dict(inner)
    value = record.get(path[-1])
    if isinstance(value, (str, datetime)):
        try:
            record[path[-1]] = wire_text(value)
        except ValueError:
            record[path[-1]] = str(value)
            return Problem(".".join(path), f"the value {NO_TIME}")
    return None


@frozen
class _Text:
    """Stands in a model for what should be a model, an enum or a datetime, and is not."""

    value: Any

    def isoformat(self) -> Any:
        return self.value

    to_dict = isoformat


def _tolerant_dict(message: Message) -> dict[str, Any]:
    """As `to_dict`, but the schema judges a sender, a role or a time of another type."""
    copied: Any = copy.copy(message)
    if not isinstance(copied.sender, Sender):
        copied.sender = _Text(copied.sender)
    elif not isinstance(copied.sender.role, Enum):
        sender: Any = copy.copy(copied.sender)
        sender.role = _Text(sender.role)
        copied.sender = sender
    if not isinstance(copied.timestamp, datetime):
        copied.timestamp = _Text(copied.timestamp)
    record: dict[str, Any] = copied.to_dict()
    return record


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _is_finite(value: object) -> bool:
    """Whether it has no number that orjson turns into null."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
