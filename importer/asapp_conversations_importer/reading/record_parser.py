"""From one record of a source to valid messages, ready to send, and to what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from asapp_conversations import Problem
from asapp_conversations.toolkit import body_size, check_conversation_id, encode_record
from attrs import evolve

from .explaining import STILL_RAW, explain, put
from .fields import fields
from .layouts import PLAIN, REJECTED, Layout, Layouts, follow, inside, meant
from .messages import Place, Reject
from .originals import Unreadable, carried, is_raw, original
from .sources import ReadOptions
from .times import LocalTimeError, Moment, TimeParser

KEPT = 10_000
"""How many ids of conversations are remembered as valid."""

NOT_A_RECORD = "is not an object with named fields"
REPEATED, SKIPPED = "repeated_hour", "skipped_hour"
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
    """A valid message whose local time the clock has shown twice.

    Attributes:
        earlier, later: the message at the first, and the second time.
        reject: what becomes of it if nothing tells which is meant.
    """

    earlier: ValidMessage
    later: ValidMessage
    reject: Reject


Outcome = ValidMessage | UnclearMessage | Reject


class RecordParser:
    """Parses records of one source, each a message or a conversation.

    Args:
        options: how records are understood.
        name, unit: of what the records stand in, as `Place` has them.
        odd_times: counts local times that the clock has shown twice, or never.
        mended: the records are those of a file of rejects, whose names are the document's.

    Attributes:
        layouts: where the records have had their values.
    """

    def __init__(
        self,
        options: ReadOptions,
        name: str,
        unit: str,
        odd_times: Counter[str],
        *,
        mended: bool = False,
    ) -> None:
        self._options = evolve(options, columns={}, values={}, null=()) if mended else options
        self._name, self._unit, self._odd_times = name, unit, odd_times
        self._is_mended = mended
        self._mended: RecordParser | None = None
        self.layouts = Layouts(self._options)
        self._times = TimeParser(options.timezone, options.time_formats, formats_first=not mended)
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
                return [self._reject_whole(number, reason, record)]
            record = {name: record[name] for name in record if isinstance(name, str)}
        layout = self.layouts.of(tuple(record))
        if layout is REJECTED and not self._is_mended:
            return self._parse_mended(record["record"], number)
        step = layout.conversation
        conversation_id = None if step is None else step.value(record)
        if layout.messages is not None:
            messages = meant(follow(record, layout.messages))
            if isinstance(messages, (list, tuple)) and messages:
                return self._parse_list(messages, conversation_id, number)
            if isinstance(messages, (list, tuple)) or not layout.steps:
                return [self._reject_list(messages, conversation_id, number)]
        return [self._parse_message(record, layout, conversation_id, number)]

    def _parse_mended(self, record: object, number: int) -> Sequence[Outcome]:
        """Parse what a line of a file of rejects holds."""
        if not isinstance(record, dict) or is_raw(record):
            return [self._reject_whole(number, STILL_RAW, record)]
        if self._mended is None:
            self._mended = RecordParser(
                self._options, self._name, self._unit, self._odd_times, mended=True
            )
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
            own_id = layout.conversation and layout.conversation.value(message)
            if own_id is not None and own_id is not conversation_id and own_id != conversation_id:
                own_id = Unreadable(
                    "is another one in the message than around it", [conversation_id, own_id]
                )
                outcomes.append(self._parse_message(message, layout, own_id, number, turn))
            else:
                outcomes.append(self._parse_message(message, layout, conversation_id, number, turn))
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
        values: list[object] = []
        moment, unclear, is_timed = NEVER, None, True
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
            values.append(value)
            if value is None:
                continue
            if field.is_time:
                try:
                    moment = self._times.parse(value)
                except LocalTimeError as error:
                    unclear, moment = (error, field), error.earlier
                except ValueError:
                    is_timed = False
                value = moment.text
            holder = wire
            for key in outer:
                holder = holder.setdefault(key, {})
            holder[name] = value
        if unclear and not unclear[0].repeated:
            self._odd_times[SKIPPED] += 1
            is_timed = is_timed and self._options.ambiguous is not None
            if self._options.ambiguous == "later":
                moment = unclear[0].later
                put(wire, unclear[1].path, moment.text)
        if is_timed and self._is_valid_id(conversation_id):
            content, found = encode_record(wire)
            if not found and len(content) <= self._largest:
                valid = ValidMessage(cast("str", conversation_id), moment.at, moment.finer, content)
                if not unclear or not unclear[0].repeated:
                    return valid
                self._odd_times[REPEATED] += 1
                put(wire, unclear[1].path, unclear[0].later.text)
                later = valid._replace(sent_at=unclear[0].later.at, content=encode_record(wire)[0])
                reject = self._reject(layout, values, conversation_id, number, turn)
                return UnclearMessage(valid, later, reject)
        return self._reject(layout, values, conversation_id, number, turn)

    def _is_valid_id(self, value: object) -> bool:
        if type(value) is not str:
            return False
        if value not in self._valid_ids:
            if check_conversation_id(value):
                return False
            if len(self._valid_ids) >= KEPT:
                self._valid_ids.clear()
            self._valid_ids.add(value)
        return True

    def _reject(
        self,
        layout: Layout,
        values: list[object],
        conversation_id: object,
        number: int,
        turn: int | None,
    ) -> Reject:
        read = {step.field.name: value for step, value in zip(layout.steps, values, strict=True)}
        read[fields().conversation.name] = conversation_id
        problems, kept = explain(read, self._times)
        first, *more = problems or [Problem("", "is larger than the body of a request may be")]
        return Reject(
            Place(self._name, self._unit, number, turn),
            cast("str", conversation_id) if self._is_valid_id(conversation_id) else None,
            first.path or None,
            first.reason,
            original(kept),
            tuple(more),
        )

    def _reject_list(
        self, messages: object, conversation_id: object, number: int, turn: int | None = None
    ) -> Reject:
        """The reject for what stands where messages should."""
        reason = "is missing" if messages is None else "is not a list of messages"
        if isinstance(messages, Unreadable):
            reason = messages.reason
        elif isinstance(messages, (list, tuple)):
            reason = NOT_A_RECORD if messages else "is empty"
        kept = {
            fields().conversation.name: carried(conversation_id),
            self.layouts.list: carried(messages),
        }
        valid_id = cast("str", conversation_id) if self._is_valid_id(conversation_id) else None
        place = Place(self._name, self._unit, number, turn)
        return Reject(place, valid_id, self.layouts.list, reason, original(kept))

    def _reject_whole(self, number: int, reason: str, record: object) -> Reject:
        place = Place(self._name, self._unit, number)
        return Reject(place, None, None, reason, original(record))
