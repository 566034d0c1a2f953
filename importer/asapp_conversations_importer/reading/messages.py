"""What a source comes to: conversations of messages that are ready, and rejects with their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from asapp_conversations import Problem
from asapp_conversations_client.facts import BATCH
from attrs import field as attribute
from attrs import frozen

from .originals import as_text


@frozen
class Place:
    """Where a record stands in its source.

    Attributes:
        file: the file's name, or what stands for it.
        unit: "line" in JSON Lines, as an editor counts; "row" in CSV, as a spreadsheet counts, so
            that the header is row 1 and a cell's line breaks make no difference; "row" in a table
            or a query's result, from 1; "record" in JSON and in an iterable, from 1.
        number: which one, from 1.
        message: which message of the record's list, from 1, if it has one.
    """

    file: str = attribute(converter=as_text)
    unit: str
    number: int
    message: int | None = None

    def __str__(self) -> str:
        within = f", message {self.message}" if self.message else ""
        return f"{self.file}, {self.unit} {self.number}{within}"


@frozen
class Reject:
    """A message, or a record that is none, that was not taken.

    Attributes:
        place: where it stands.
        conversation_id: its conversation, if that much is valid.
        field: the first field that is wrong, by the document's name, if it is a field.
        reason: what is wrong; never quotes the data.
        record: the record as JSON can carry it, by the document's names; `{"raw": …}` holds what
            could not be taken apart.
        more: what else is wrong.
        position: its place in the conversation, from 0, if ASAPP refused it.
        request_id: ASAPP's id of the request that it refused.
    """

    place: Place
    conversation_id: str | None
    field: str | None
    reason: str
    record: object = attribute(repr=False)
    more: tuple[Problem, ...] = ()
    position: int | None = None
    request_id: str | None = None

    def summary(self) -> str:
        """What rejects are counted by: the reason, and the field unless ASAPP has named it."""
        is_ours = self.field and self.position is None
        return f"{self.field}: {self.reason}" if is_ours else self.reason

    def to_dict(self) -> dict[str, Any]:
        """The line of a file of rejects, which can be imported like any record."""
        line: dict[str, Any] = {"file": self.place.file, self.place.unit: self.place.number}
        if self.place.message:
            line["message"] = self.place.message
        line |= {"field": self.field, "reason": self.reason}
        if self.more:
            line["more"] = [str(problem) for problem in self.more]
        if self.conversation_id is not None:
            line["conversation_id"] = self.conversation_id
        line["record"] = self.record
        return line if self.position is None else {**line, "request_id": self.request_id}


@frozen
class Conversation:
    """A conversation's messages, ordered by time; those of the same time in the source's order.

    Attributes:
        conversation_id: its id.
        contents: the JSON of each message, ready to be sent.
        place: tells where the message with an index stands in the source.
    """

    conversation_id: str
    contents: Sequence[bytes] = attribute(repr=False)
    place: Callable[[int], Place] = attribute(repr=False)


def record_of(conversation_id: str, content: bytes) -> dict[str, Any]:
    """A message's record by itself: its JSON with its conversation's id."""
    return {BATCH.conversation_parameter: conversation_id, **orjson.loads(content)}
