"""What a run takes in: the source is read in a thread, and its rejects go into the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress

from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MOST_MESSAGES
from attrs import define, field

from .interruption import Interrupted, Interruption
from .ledger.database import RejectRow
from .ledger.ledger import Ledger
from .reading import Reader
from .reading.messages import Reject
from .reading.sources import ReadOptions, Source
from .reading.totals import Totals


@define
class Intake:
    """Reads a source, once.

    Attributes:
        records: how many have been read.
        totals: what the source holds, once it is read.
        least_requests: how many requests it takes in all, once that is known.
        invalid: how many records were rejected, by reason.
    """

    _ledger: Ledger
    _reader: Reader
    _interruption: Interruption
    records: int = field(init=False, default=0)
    totals: Totals = field(init=False, factory=Totals)
    least_requests: int | None = field(init=False, default=None)
    invalid: Counter[str] = field(init=False, factory=Counter)
    _late: deque[RejectRow] = field(init=False, factory=deque)
    _note: Callable[[RejectRow], object] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._note = self._late.append

    async def load(self, source: Source, options: ReadOptions) -> None:
        """Read all that is read before anything is sent."""
        reading = asyncio.create_task(asyncio.to_thread(self._load, source, options))
        try:
            await asyncio.shield(reading)
        except asyncio.CancelledError:
            # The thread has to be gone before what it works with is closed.
            self._interruption.request()
            await reading
            raise

    def _load(self, source: Source, options: ReadOptions) -> None:
        try:
            with suppress(Interrupted, KeyboardInterrupt), self._ledger.invalid_records() as note:
                self._note = note
                self.totals = self._reader.load(source, options, self._reject, self._count)
                self.least_requests = self._reader.request_count(MOST_MESSAGES)
        except InvalidRequestError:
            # Whoever ends a pipeline ends what feeds it, too.
            if not self._interruption.by:
                raise
        # What is read while it is sent is noted between the commits of the event loop.
        self._note = self._late.append

    def _reject(self, reject: Reject) -> None:
        reason = reject.summary()
        self.invalid[reason] += 1
        self._note(RejectRow(reason, reject.to_dict(), reject.conversation_id))

    def _count(self, records: int) -> None:
        self.records = records
        self._interruption.raise_if_requested()

    def note_late(self) -> None:
        """Hand on what was rejected while it was sent."""
        while self._late:
            self._ledger.note_reject(self._late.popleft())
