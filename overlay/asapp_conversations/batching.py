"""From messages to request bodies, and through them in order: plain decisions, no I/O."""

from __future__ import annotations

import copy
import json
from collections.abc import Generator, Iterable, Sequence
from typing import cast

from asapp_conversations_client.models import Message, Sender, SenderRole
from attrs import define, field, frozen

from .errors import (
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


Delivery = Generator[Batch, "Receipt | RequestFailedError", Stored]
"""Yields each batch, is sent its receipt or its error, returns the sum."""


def encode_messages(
    conversation_id: str, messages: Iterable[Message], unknown: Iterable[Message] = ()
) -> Encoded:
    """Every message, those of `unknown` first, with its JSON; raises for all that is invalid."""
    problems = check_conversation_id(conversation_id)
    kept: list[Message] = []
    contents: list[bytes] = []
    unknown_count = 0
    for name, group in (("unknown", unknown), ("messages", messages)):
        if isinstance(group, (Message, str, bytes, dict)):
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
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
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
    return len(_join([])) + sum(sizes) + max(len(sizes) - 1, 0)


def cut(sizes: Sequence[int], start: int, max_bytes: int) -> int:
    """Where the batch that begins at `start` ends: as much as fits, one message at least."""
    stop = min(start + message_batch_rules().max_messages, len(sizes))
    size = len(_join([])) - 1
    for index in range(start, stop):
        size += sizes[index] + 1
        if size > max_bytes and index > start:
            return index
    return stop


def _join(encoded: Sequence[bytes]) -> bytes:
    name = json.dumps(message_batch_rules().messages_property).encode()
    return b"{" + name + b":[" + b",".join(encoded) + b"]}"


@define
class _Tally:
    """What has become of the messages so far."""

    stored: int = 0
    already_stored: int = 0
    requests: int = 0
    retries: int = 0
    request_ids: tuple[str, ...] = ()

    def count(self, attempts: int, request_ids: tuple[str, ...]) -> None:
        self.requests += attempts
        self.retries += attempts - 1
        self.request_ids += request_ids


def deliver(encoded: Encoded, *, max_bytes: int, conflict_is_stored: bool = False) -> Delivery:
    """Cut, and go through the batches in order.

    A batch that gets 413 is halved, and no later one is larger than the larger half. Raises what
    ended it, with `progress` set.
    """
    messages, unknown = encoded.messages, encoded.unknown
    sizes = [len(content) for content in encoded.contents]
    _check_sizes(sizes, max_bytes, unknown)
    tally = _Tally()
    start = 0
    while start < len(messages):
        stop = unknown if start < unknown else cut(sizes, start, max_bytes)
        batch = Batch(start, stop, _join(encoded.contents[start:stop]))
        outcome = yield batch
        known_before = start < unknown or conflict_is_stored
        tally.count(outcome.attempts, outcome.request_ids)
        if isinstance(outcome, Receipt):
            tally.stored += len(batch)
        elif isinstance(outcome, ConflictError) and known_before:
            tally.already_stored += len(batch)
        elif _can_halve(outcome, batch) and start >= unknown:
            middle = start + (len(batch) + 1) // 2
            max_bytes = max(body_size(sizes[start:middle]), body_size(sizes[middle:stop]))
            continue
        else:
            outcome.progress = _progress(tally, messages, batch, outcome, start < unknown)
            raise outcome
        start = stop
    return Stored(
        tally.stored, tally.already_stored, tally.requests, tally.retries, tally.request_ids
    )


def _can_halve(error: RequestFailedError, batch: Batch) -> bool:
    # After an attempt of unknown outcome the whole batch may be stored: halves would double it.
    return isinstance(error, PayloadTooLargeError) and len(batch) > 1 and not error.outcome_unknown


def _progress(
    tally: _Tally,
    messages: Sequence[Message],
    batch: Batch,
    error: RequestFailedError,
    unknown_before: bool,
) -> Progress:
    unsettled = error.outcome_unknown or unknown_before
    first_remaining = batch.stop if unsettled else batch.start
    return Progress(
        stored=tally.stored,
        already_stored=tally.already_stored,
        unknown=messages[batch.start : first_remaining],
        remaining=messages[first_remaining:],
        requests=tally.requests,
        retries=tally.retries,
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
