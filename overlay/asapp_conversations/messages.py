"""Messages: short ways to write one, and the one encoder of what is sent."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, cast

import orjson
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import Message, Sender, SenderRole
from asapp_conversations_client.types import Unset
from attrs import fields_dict, frozen, has

from .errors import InvalidRequestError
from .timestamps import NO_TIME, is_final, parse_timestamp, wire_text
from .validation import Problem, check_record, is_valid_record

OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
"""The order of names is fixed, so that a message has the same bytes whoever hands it in, and
whatever order a later document lists them in: ASAPP's 409 and the importer's ledger rest on them."""

SENDER_FIELDS: Final = fields_dict(Sender).keys() - fields_dict(Message).keys()
"""What belongs to the sender if a message is given it."""

NO_LIST: Final = object()
"""Stands where a list should be; JSON cannot carry it."""

Encoded = tuple[bytes, Sequence[Problem]]
"""The JSON of a message in UTF-8, empty if there is none, and what the document forbids about it."""


def agent(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message:
    """A message that an agent sent.

    Args:
        text: what was said.
        external_id: the participant's identifier in your own system.
        timestamp: when; a datetime or its ISO 8601 text, in UTC if it has no zone.
        fields: what else the document has for a message or its sender, by the models' names.

    Raises:
        InvalidRequestError: the document knows no such sender.
        TypeError: a field is missing that the document demands, or it knows none of that name.
    """
    return _message("agent", text, external_id, timestamp, fields)


def customer(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message:
    """A message that a customer sent; arguments as for `agent`."""
    return _message("customer", text, external_id, timestamp, fields)


def system(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message:
    """A message that a system sent; arguments as for `agent`."""
    return _message("system", text, external_id, timestamp, fields)


def _message(
    role: str, text: str, external_id: str, timestamp: datetime | str, fields: dict[str, Any]
) -> Message:
    try:
        known_role = SenderRole(role)
    except ValueError:
        roles = ", ".join(map(str, SenderRole))
        raise InvalidRequestError(f"the document knows no sender {role!r}, only {roles}") from None
    try:
        timestamp = parse_timestamp(timestamp)
    except ValueError:
        # Kept as it is: create_messages names it together with every other problem.
        timestamp = cast("datetime", timestamp)
    of_sender = {name: fields.pop(name) for name in SENDER_FIELDS & fields.keys()}
    sender = Sender(role=known_role, external_id=external_id, **of_sender)
    return Message(text=text, sender=sender, timestamp=timestamp, **fields)


def encode_message(message: Message | Mapping[str, Any]) -> Encoded:
    """One message as it is sent: a model, or a mapping in the API's JSON form.

    Times may be datetimes or ISO 8601 texts; they are sent in UTC, and taken as UTC without a zone.
    """
    if isinstance(message, Message):
        try:
            record = message.to_dict()
        except (AttributeError, TypeError):
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
        # A copy, because what orjson returns keeps some kilobytes of memory, however short it is.
        content = b"%b" % orjson.dumps(record, default=_as_dict, option=OPTIONS)
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
class _AsItIs:
    """Stands in a model for a value of whatever type, while its `to_dict` runs."""

    value: Any

    def to_dict(self) -> _AsItIs:
        return self

    isoformat = to_dict

    def __iter__(self) -> Iterator[_AsItIs]:
        is_list = isinstance(self.value, (list, tuple))
        return map(_AsItIs, self.value if is_list else [NO_LIST])


def _tolerant_dict(model: Any) -> dict[str, Any]:
    """As `to_dict`, but the schema judges whatever is of another type than the model says."""
    copied = copy.copy(model)
    for name, of_model in fields_dict(type(model)).items():
        if of_model.init and not isinstance(value := getattr(model, name), Unset):
            setattr(copied, name, _AsItIs(value))
    record: dict[str, Any] = _bare(copied.to_dict())
    return record


def _bare(value: Any) -> Any:
    """The value itself, with what stands in it in JSON's own types as far as it can be."""
    match value:
        case _AsItIs(value=inner):
            return _bare(inner)
        case Enum(value=inner):
            return inner
        case dict():
            return {key: _bare(each) for key, each in value.items()}
        case list() | tuple():
            return [_bare(each) for each in value]
        case _:
            return _tolerant_dict(value) if has(type(value)) else value


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
