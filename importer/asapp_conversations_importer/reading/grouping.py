"""Records that come grouped by conversation: nothing to sort, nothing on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .record_reader import RecordReader, Refusal
from .records import Conversation, Place, Reject, Staged
from .sources import ReadOptions


def group(
    records: Iterable[Mapping[str, Any]],
    options: ReadOptions | None = None,
    on_reject: Callable[[Reject], None] = lambda reject: None,
) -> Iterator[Conversation]:
    """Conversations from records that come grouped by conversation, one after the other.

    Nothing is staged: a conversation's messages are in memory, and no more.

    Args:
        records: messages with their conversation's id, or conversations with their messages.
        options: how they are understood.
        on_reject: is given what was not taken.
    """
    reader = RecordReader(options or ReadOptions())
    current = ""
    messages: list[tuple[int, Staged]] = []
    for number, record in enumerate(records, start=1):
        place = Place("records", "record", number)
        for outcome in reader.read(record):
            if isinstance(outcome, Refusal):
                on_reject(outcome.at(place))
                continue
            if messages and outcome.conversation_id != current:
                yield _ordered(current, messages)
                messages = []
            current = outcome.conversation_id
            messages.append((outcome.sent_at, Staged(outcome.content, place)))
    if messages:
        yield _ordered(current, messages)


def _ordered(conversation_id: str, messages: list[tuple[int, Staged]]) -> Conversation:
    messages.sort(key=lambda pair: pair[0])
    return Conversation(conversation_id, [staged for _, staged in messages])
