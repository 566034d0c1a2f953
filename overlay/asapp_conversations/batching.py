"""From messages to request bodies, and through them in order: plain decisions, no I/O."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from asapp_conversations_client.models import Message, Sender, SenderRole
from attrs import define, evolve, field, frozen

from .errors import (
    AsappError,
    ConflictError,
    InvalidRequestError,
    PayloadTooLargeError,
    Progress,
    RequestFailedError,
    counted,
)
from .spec import message_batch_rules
from .timestamps import WireTime, parse_timestamp
from .validation import Problem, check_conversation_id, check_record

NO_MESSAGES = (Message, str, bytes, Mapping)
"""What can be iterated over, but by accident."""


@frozen
class Stored:
    """What a call of `create_messages` did.

    Attributes:
        stored: how many messages ASAPP accepted in this call.
        already_stored: how many it held from an earlier call.
        requests: how many requests have left.
        retries: how many of them were resends.
        request_ids: ASAPP's ids of the attempts that failed and were sent again.
    """

    stored: int = 0
    already_stored: int = 0
    requests: int = 0
    retries: int = 0
    request_ids: tuple[str, ...] = ()


@frozen
class Receipt:
    """What is known of a batch that is stored.

    Attributes:
        attempts: how many times the request was sent.
        request_ids: ASAPP's ids of the attempts that failed and were sent again.
        confirmed_by_conflict: whether a 409 to our own resend told that it is stored: an earlier
            attempt, whose answer was lost, has stored it.
    """

    attempts: int
    request_ids: tuple[str, ...] = ()
    confirmed_by_conflict: bool = False


@frozen
class Batch:
    """One request's messages, as they stand in the conversation."""

    start: int
    stop: int
    body: bytes = field(repr=counted)

    def __len__(self) -> int:
        return self.stop - self.start


@frozen
class Encoded:
    """Valid messages with their JSON; the first `unknown` are one batch of an earlier call."""

    messages: Sequence[Message] = field(repr=counted)
    contents: Sequence[bytes] = field(repr=counted)
    unknown: int


def encode_messages(
    conversation_id: str, messages: Iterable[Message], unknown: Iterable[Message] = ()
) -> Encoded:
    """Every message, those of `unknown` first, with its JSON; raises for all that is invalid."""
    problems = check_conversation_id(conversation_id)
    kept: list[Message] = []
    contents: list[bytes] = []
    unknown_count = 0
    for name, group in (("unknown", unknown), ("messages", messages)):
        if isinstance(group, NO_MESSAGES) or not isinstance(group, Iterable):
            raise InvalidRequestError(
                f"{name}: an iterable of Message is expected, not {type(group).__name__}"
            )
        for index, message in enumerate(group):
            content, found = encode_message(message)
            problems += [problem.under(f"{name}[{index}]") for problem in found]
            kept.append(message)
            contents.append(content)
        if name == "unknown":
            unknown_count = len(kept)
    if problems:
        raise InvalidRequestError(
            f"nothing was sent: {len(problems)} problem{'s' * (len(problems) > 1)}", problems
        )
    return Encoded(kept, contents, unknown_count)


def encode_message(message: object) -> tuple[bytes, list[Problem]]:
    """The JSON of one message, in UTF-8, and its problems."""
    if not isinstance(message, Message):
        return b"", [Problem("", f"a Message is expected, not {type(message).__name__}")]
    if not isinstance(cast("object", message.sender), Sender):
        return b"", [Problem("sender", "a Sender is expected")]
    wire, problems = _wire_form(message)
    record = wire.to_dict()
    problems += check_record(record)
    try:
        text = json.dumps(
            record, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
        )
        return text.encode(), problems
    except UnicodeEncodeError:
        problems.append(Problem("", "has a lone surrogate, which UTF-8 cannot carry"))
    except (TypeError, ValueError):
        problems.append(Problem("", "has a value that JSON cannot carry"))
    return b"", problems


def _wire_form(message: Message) -> tuple[Message, list[Problem]]:
    """A copy whose role and time can be encoded, with what was wrong with them."""
    problems = []
    wire, wire.sender = copy.copy(message), copy.copy(message.sender)
    try:
        wire.sender.role = SenderRole(wire.sender.role)
    except ValueError:
        allowed = ", ".join(SenderRole)
        problems.append(Problem("sender.role", f"the value is not one of {allowed}"))
        wire.sender.role = next(iter(SenderRole))
    try:
        wire.timestamp = parse_timestamp(wire.timestamp)
    except ValueError:
        problems.append(Problem("timestamp", "the value is not an ISO 8601 time"))
        wire.timestamp = WireTime(1970, 1, 1)
    return wire, problems


def body_size(sizes: Iterable[int]) -> int:
    """Bytes of the body that holds messages of these sizes, in bytes."""
    sizes = list(sizes)
    return len(join_messages([])) + sum(sizes) + max(len(sizes) - 1, 0)


def cut(sizes: Sequence[int], start: int, max_bytes: int) -> int:
    """Where the batch that begins at `start` ends: as much as fits, one message at least."""
    stop = min(start + message_batch_rules().max_messages, len(sizes))
    size = len(join_messages([])) - 1
    for index in range(start, stop):
        size += sizes[index] + 1
        if size > max_bytes and index > start:
            return index
    return stop


def join_messages(encoded: Sequence[bytes]) -> bytes:
    """The request body that holds these messages, given as JSON."""
    name = json.dumps(message_batch_rules().messages_property).encode()
    return b"{" + name + b":[" + b",".join(encoded) + b"]}"


@define
class Delivery:
    """Takes messages through in order: yields each batch, and is told what became of it.

    A batch that gets 413 is halved, and no later one is larger than the larger half.
    """

    encoded: Encoded
    max_bytes: int
    conflict_is_stored: bool = False
    _tally: Stored = field(init=False, factory=Stored)
    _sizes: list[int] = field(init=False, repr=counted)
    _done: int = field(init=False, default=0)
    _doubtful_until: int = field(init=False)
    """From `_done` to here the outcome is unknown; nothing behind it has been sent."""

    def __attrs_post_init__(self) -> None:
        self._sizes = [len(content) for content in self.encoded.contents]
        self._doubtful_until = self.encoded.unknown
        _check_sizes(self._sizes, self.max_bytes, self.encoded.unknown)

    def __iter__(self) -> Iterator[Batch]:
        while self._done < len(self._sizes):
            start, unknown = self._done, self.encoded.unknown
            stop = unknown if start < unknown else cut(self._sizes, start, self.max_bytes)
            self._doubtful_until = stop
            yield Batch(start, stop, join_messages(self.encoded.contents[start:stop]))

    def settle(self, batch: Batch, outcome: Receipt | RequestFailedError) -> None:
        """Take in what became of a batch; raises the error that nothing can be done about."""
        known_before = batch.start < self.encoded.unknown
        self._count(outcome.attempts, outcome.request_ids)
        if isinstance(outcome, Receipt):
            self._accept(batch, stored=len(batch))
        elif isinstance(outcome, ConflictError) and (known_before or self.conflict_is_stored):
            self._accept(batch, already_stored=len(batch))
        elif outcome.outcome_unknown or known_before:
            raise outcome
        else:
            self._doubtful_until = batch.start
            if not isinstance(outcome, PayloadTooLargeError) or len(batch) == 1:
                raise outcome
            self._halve(batch)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Put `progress` on whatever ends the delivery early, be it Ctrl-C."""
        try:
            yield
        except BaseException as error:
            vars(error)["progress"] = progress = self._progress()
            if not isinstance(error, AsappError):
                error.add_note(str(progress))
            raise

    def result(self) -> Stored:
        """What has been stored by now."""
        return self._tally

    def _count(self, attempts: int, request_ids: tuple[str, ...]) -> None:
        self._tally = evolve(
            self._tally,
            requests=self._tally.requests + attempts,
            retries=self._tally.retries + attempts - 1,
            request_ids=self._tally.request_ids + request_ids,
        )

    def _accept(self, batch: Batch, stored: int = 0, already_stored: int = 0) -> None:
        self._tally = evolve(
            self._tally,
            stored=self._tally.stored + stored,
            already_stored=self._tally.already_stored + already_stored,
        )
        self._done = batch.stop

    def _halve(self, batch: Batch) -> None:
        middle = batch.start + (len(batch) + 1) // 2
        halves = self._sizes[batch.start : middle], self._sizes[middle : batch.stop]
        self.max_bytes = max(map(body_size, halves))

    def _progress(self) -> Progress:
        return Progress(
            stored=self._tally.stored,
            already_stored=self._tally.already_stored,
            unknown=self.encoded.messages[self._done : self._doubtful_until],
            remaining=self.encoded.messages[self._doubtful_until :],
            requests=self._tally.requests,
            retries=self._tally.retries,
        )


def _check_sizes(sizes: Sequence[int], max_bytes: int, unknown: int) -> None:
    limit = message_batch_rules().max_messages
    if unknown > limit:
        raise InvalidRequestError(f"unknown: one batch holds at most {limit} messages")
    problems = [
        Problem(f"messages[{index - unknown}]", f"{size} bytes do not fit a body of {max_bytes}")
        for index, size in enumerate(sizes)
        if index >= unknown and body_size([size]) > max_bytes
    ]
    if problems:
        raise InvalidRequestError("nothing was sent: a message is too large", problems)
