"""Records that come grouped by conversation: nothing to sort, nothing on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from .messages import Conversation, Place, Reject, record_of
from .originals import original
from .record_parser import Outcome, RecordParser, UnclearMessage, ValidMessage
from .sources import ReadOptions, Records, Source
from .totals import Totals
from .unclear import settle

NAME, UNIT = "records", "record"
COMES_AGAIN = (
    "its conversation has ended with an earlier record: hand in the records of each conversation "
    "one after the other, or as files, which are sorted"
)


class GroupedReader:
    """Reads records that come grouped while they are sent; to be used like `Staging`.

    A conversation's messages are in memory, and of those that have ended the ids.
    """

    def load(
        self,
        source: Source,
        options: ReadOptions,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[int], None],
    ) -> Totals:
        """Nothing is read yet, and so nothing is known; odd times are counted as they come."""
        assert isinstance(source, Records)
        totals = Totals()
        self._parser = RecordParser(options, NAME, UNIT)
        self._options = options
        self._totals = totals
        self._on_reject = on_reject
        self._conversations = self._grouped(source.data)
        return totals

    def conversations(self) -> Iterator[Conversation]:
        """Each conversation, as its records come."""
        return self._conversations

    def interrupt(self) -> None:
        """`load` is over at once."""

    def _grouped(self, records: Iterable[Mapping[str, Any]]) -> Iterator[Conversation]:
        current = ""
        messages: list[tuple[ValidMessage | UnclearMessage, Place]] = []
        ended: set[str] = set()
        for number, record in enumerate(records, start=1):
            place = Place(NAME, UNIT, number)
            for outcome in self._parsed(record, place):
                if isinstance(outcome, Reject):
                    self._on_reject(outcome)
                    continue
                one = outcome if isinstance(outcome, ValidMessage) else outcome.earlier
                if isinstance(outcome, UnclearMessage):
                    self._totals.note_unclear(repeated=outcome.repeated)
                if one.conversation_id in ended:
                    kept = record_of(one.conversation_id, one.content)
                    reject = Reject(place, one.conversation_id, None, COMES_AGAIN, kept)
                    self._on_reject(reject)
                    continue
                if messages and one.conversation_id != current:
                    ended.add(current)
                    yield from self._ordered(current, messages)
                    messages = []
                current = one.conversation_id
                messages.append((outcome, place))
        yield from self._ordered(current, messages)

    def _parsed(self, record: object, place: Place) -> Iterable[Outcome]:
        try:
            return self._parser.parse(record, place.number)
        except Exception as error:  # noqa: BLE001 - a record's own code can raise anything
            reason = f"cannot be read: {type(error).__name__}"
            return [Reject(place, None, None, reason, original(record))]

    def _ordered(
        self, conversation_id: str, messages: list[tuple[ValidMessage | UnclearMessage, Place]]
    ) -> Iterator[Conversation]:
        kept = []
        settled = settle([message for message, _ in messages], self._options.ambiguous)
        for outcome, (_, place) in zip(settled, messages, strict=True):
            if isinstance(outcome, Reject):
                self._on_reject(outcome)
            else:
                self._totals.note_times([outcome.sent_at])
                kept.append((outcome.sent_at, outcome.finer, outcome.content, place))
        kept.sort(key=itemgetter(0, 1))
        if kept:
            *_, contents, places = zip(*kept, strict=True)
            yield Conversation(conversation_id, contents, places.__getitem__)
