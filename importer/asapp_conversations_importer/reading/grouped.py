"""Records that come grouped by conversation: nothing to sort, nothing on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .messages import Conversation, Place, ReadyMessage, Reject
from .record_parser import InvalidRecord, RecordParser
from .sources import ReadOptions, Records, Source
from .staging import Totals


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
    parser = RecordParser(options or ReadOptions())
    current = ""
    messages: list[tuple[int, ReadyMessage]] = []
    for number, record in enumerate(records, start=1):
        place = Place("records", "record", number)
        for outcome in parser.parse(record):
            if isinstance(outcome, InvalidRecord):
                on_reject(outcome.at(place))
                continue
            if messages and outcome.conversation_id != current:
                yield _ordered(current, messages)
                messages = []
            current = outcome.conversation_id
            messages.append((outcome.sent_at, ReadyMessage(outcome.content, place)))
    if messages:
        yield _ordered(current, messages)


def _ordered(conversation_id: str, messages: list[tuple[int, ReadyMessage]]) -> Conversation:
    messages.sort(key=lambda pair: pair[0])
    return Conversation(conversation_id, [message for _, message in messages])


class GroupedReader:
    """Reads records that come grouped while they are sent; to be used like `Staging`."""

    def load(
        self,
        source: Source,
        options: ReadOptions,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[int], None],
    ) -> Totals:
        """Nothing is read yet, and so nothing is known."""
        assert isinstance(source, Records)
        self._conversations = group(source.data, options, on_reject)
        return Totals()

    def request_count(self, max_messages: int) -> None:
        """Not known before all is read."""

    def conversations(self) -> Iterator[Conversation]:
        """Each conversation, as its records come."""
        return self._conversations

    def interrupt(self) -> None:
        """`load` is over at once."""
