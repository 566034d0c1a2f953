"""From one record of a source to valid messages, ready to send, and to what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from asapp_conversations import Problem
from asapp_conversations.toolkit import body_size, check_conversation_id, encode_record
from asapp_conversations_client.facts import BATCH
from attrs import evolve

from .explaining import STILL_RAW, explain, put
from .fields import fields
from .layouts import PLAIN, REJECTED, Layout, Layouts, follow, inside, meant
from .messages import Place, Reject
from .originals import Unreadable, carried, is_raw, original
from .sources import ReadOptions
from .times import Moment, TimeParser

KEPT = 100_000
"""How many ids of conversations are remembered as valid."""

NOT_A_RECORD = "is not an object with named fields"
NEVER = Moment(0, 0, "")


class ValidMessage(NamedTuple):
    """A valid message.

    Attributes:
        conversation_id: the conversation that it belongs to.
        sent_at: microseconds since 1970-01-01 UTC.
        finer: picoseconds past that.
        content: its JSON, as it stands in a request.
    """

    conversation_id: str
    sent_at: int
    finer: int
    content: bytes


class UnclearMessage(NamedTuple):
    """A valid message whose local time the clock has shown twice, or never.

    Attributes:
        earlier, later: the message at the one, and at the other moment that can be meant.
        repeated: whether the clock has shown it twice.
        reject: what becomes of it if nothing tells which is meant.
    """

    earlier: ValidMessage
    later: ValidMessage
    repeated: bool
    reject: Reject


Outcome = ValidMessage | UnclearMessage | Reject


class RecordParser:
    """Parses records of one source, each a message or a conversation.

    Args:
        options: how records are understood.
        name, unit: of what the records stand in, as `Place` has them.
        is_text: every value of a record is text, also that of a number.
        mended: the records are those of a file of rejects, whose names are the document's.

    Attributes:
        layouts: where the records have had their values.
    """

    def __init__(
        self,
        options: ReadOptions,
        name: str,
        unit: str,
        *,
        is_text: bool = False,
        mended: bool = False,
    ) -> None:
        self._options = evolve(options, columns={}, values={}, null=()) if mended else options
        self._name, self._unit, self._is_mended = name, unit, mended
        self._mended: RecordParser | None = None
        self.layouts = Layouts(self._options, is_text=is_text)
        self._times = TimeParser(options.timezone, options.time_formats)
        self._largest = options.max_body_bytes - body_size([0])
        self._valid_ids: set[str] = set()

    def parse(self, record: object, number: int) -> Sequence[Outcome]:
        """Every message of the record of that number.

        A record is a message with its conversation's id, a conversation with the list of its
        messages, or a line of a file of rejects that holds one of these.
        """
        if type(record) is not dict:
            if not isinstance(record, Mapping):
                reason = record.reason if isinstance(record, Unreadable) else NOT_A_RECORD
                return [self._reject([Problem("", reason)], record, None, number)]
            record = dict(record)
        layout = self.layouts.of(tuple(record))
        if layout is REJECTED and not self._is_mended:
            return self._parse_mended(record["record"], number)
        conversation_id = layout.conversation and layout.conversation.value(record)
        if layout.messages is not None:
            column, *inner = layout.messages
            messages = meant(follow(record[column], inner))
            if isinstance(messages, (list, tuple)) and messages:
                return self._parse_list(messages, conversation_id, number)
            if isinstance(messages, (list, tuple)) or not layout.steps:
                return [self._reject_list(messages, conversation_id, number)]
        return [self._parse_message(record, layout, conversation_id, number)]

    def _parse_mended(self, record: object, number: int) -> Sequence[Outcome]:
        """Parse what a line of a file of rejects holds."""
        if not isinstance(record, dict) or is_raw(record):
            return [self._reject([Problem("", STILL_RAW)], record, None, number)]
        if self._mended is None:
            self._mended = RecordParser(self._options, self._name, self._unit, mended=True)
        return self._mended.parse(record, number)

    def _parse_list(
        self, messages: Sequence[object], conversation_id: object, number: int
    ) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for turn, message in enumerate(messages, start=1):
            if not isinstance(message, dict):
                outcomes.append(self._reject_list([message], conversation_id, number, turn))
                continue
            layout = self.layouts.of(tuple(message))
            of_message = conversation_id
            own = layout.conversation and layout.conversation.value(message)
            if own is not None and own != conversation_id:
                reason = "differs from that of the conversation around the message"
                of_message = Unreadable(reason, [conversation_id, own])
            outcomes.append(self._parse_message(message, layout, of_message, number, turn))
        return outcomes

    def _parse_message(
        self,
        message: dict[str, Any],
        layout: Layout,
        conversation_id: object,
        number: int,
        turn: int | None = None,
    ) -> Outcome:
        wire: dict[str, Any] = {}
        moment: Moment | None = NEVER
        for field, outer, name, column, inner, pick in layout.steps:
            if pick is None:
                value = message[column]
                for key in inner:
                    value = (
                        value[key] if type(value) is dict and key in value else inside(value, key)
                    )
                if type(value) not in PLAIN:
                    value = meant(value)
            else:
                value = pick(message)
            if value is None:
                continue
            if field.is_time:
                try:
                    read = self._times.parse(value)
                except ValueError:
                    moment = None
                    break
                if field.is_own_time:
                    moment = read
                elif read.later is not None:
                    # No order tells which is meant of a time that orders nothing.
                    if self._options.ambiguous is None:
                        moment = None
                        break
                    read = read.later if self._options.ambiguous == "later" else read
                value = read.text
            holder = wire
            for key in outer:
                holder = holder.setdefault(key, {})
            holder[name] = value
        valid = None
        if moment is not None and self._is_valid_id(conversation_id):
            content, found = encode_record(wire)
            if not found and len(content) <= self._largest:
                valid = ValidMessage(cast("str", conversation_id), moment.at, moment.finer, content)
                if moment.later is None:
                    return valid
        reject = self._reject_message(message, layout, conversation_id, number, turn)
        if valid is None or moment is None or moment.later is None:
            return reject
        put(wire, BATCH.time_paths[0], moment.later.text)
        later = valid._replace(sent_at=moment.later.at, content=encode_record(wire)[0])
        return UnclearMessage(valid, later, moment.repeated, reject)

    def _is_valid_id(self, value: object) -> bool:
        if type(value) is not str:
            return False
        if value in self._valid_ids:
            return True
        if check_conversation_id(value):
            return False
        if len(self._valid_ids) >= KEPT:
            self._valid_ids.clear()
        self._valid_ids.add(value)
        return True

    def _reject_message(
        self,
        message: dict[str, Any],
        layout: Layout,
        conversation_id: object,
        number: int,
        turn: int | None,
    ) -> Reject:
        read = {step.field.name: step.value(message) for step in layout.steps}
        read[fields().conversation.name] = conversation_id
        problems, kept = explain(read, self._times)
        problems = problems or [Problem("", "is larger than the body of a request may be")]
        return self._reject(problems, kept, conversation_id, number, turn)

    def _reject_list(
        self, messages: object, conversation_id: object, number: int, turn: int | None = None
    ) -> Reject:
        """The reject for what stands where messages should."""
        reason = "is missing" if messages is None else "is not a list of messages"
        if isinstance(messages, Unreadable):
            reason = messages.reason
        elif isinstance(messages, (list, tuple)):
            reason = NOT_A_RECORD if messages else "is empty"
        name = self.layouts.list
        kept = {
            fields().conversation.name: carried(conversation_id),
            name: carried(messages),
        }
        return self._reject([Problem(name, reason)], kept, conversation_id, number, turn)

    def _reject(
        self,
        problems: Sequence[Problem],
        record: object,
        conversation_id: object,
        number: int,
        turn: int | None = None,
    ) -> Reject:
        first, *more = problems
        return Reject(
            Place(self._name, self._unit, number, turn),
            cast("str", conversation_id) if self._is_valid_id(conversation_id) else None,
            first.path or None,
            first.reason,
            original(record),
            tuple(more),
        )
