"""Sends conversations side by side, each in order, and writes down what becomes of them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice

from asapp_conversations import (
    AsyncClient,
    ConflictError,
    RateLimitError,
    Receipt,
    RequestFailedError,
)
from asapp_conversations.toolkit import Batch
from attrs import define, field, frozen

from ..ledger.checkpoint import Status
from ..ledger.counts import Counts
from ..ledger.database import LedgerError
from ..ledger.ledger import Ledger
from ..reading.messages import Conversation, Reject, record_of
from .delivery import Delivery
from .governor import Governor
from .outcomes import BodyLimit, Outcome, RefusedMessage, Withheld
from .stops import Breaker, Stop, StoppedBy

READ_AHEAD = 64
"""How many conversations are read at a time; memory holds no more of them than this."""

READ_AHEAD_PACED = 16
"""As many where departures are to be even: the event loop waits while the thread computes."""

KEPT_FAILURES = 100
"""How many failures a report names."""

SETTLED = frozenset({Status.FINISHED, Status.REJECTED, Status.CHANGED})


@frozen
class Failure:
    """Why messages of a conversation were not, or not certainly, stored.

    Attributes:
        conversation_id: the conversation.
        reason: what was answered, or that nothing was, and what to do.
    """

    conversation_id: str
    reason: str


@define
class Tally:
    """What a run has done so far.

    Attributes:
        conversations: how many were read.
        counts: what has become of their messages.
        reasons: how many messages ASAPP refused in this run, by reason.
        failures: the first batches that were not, or not certainly, stored.
        last_seen: the id of the conversation that was read last.
        begun: how many conversations had something to send, and were taken through.
        trial_over: whether there were more of them than should be begun.
    """

    conversations: int = 0
    counts: Counts = field(factory=Counts)
    reasons: Counter[str] = field(factory=Counter)
    failures: list[Failure] = field(factory=list)
    last_seen: str = ""
    begun: int = 0
    trial_over: bool = False

    def replace(self, before: Counts, after: Counts) -> None:
        """Count what has become of some messages anew."""
        self.counts = self.counts - before + after


class Dispatcher:
    """Takes conversations from a source through, several at a time.

    Args:
        conversations: the source, each conversation once.
        client: sends; its gate is `governor`.
        ledger: is told before a batch leaves and after its answer.
        limit: how large a request may be.
        isolate: whether to find the message that a refusal is about.
        first: how many conversations with something to send are begun; None for all.
    """

    def __init__(
        self,
        conversations: Iterator[Conversation],
        client: AsyncClient,
        ledger: Ledger,
        governor: Governor,
        limit: BodyLimit,
        *,
        isolate: bool,
        first: int | None = None,
    ) -> None:
        self._first = first
        self.tally = Tally()
        self._conversations = conversations
        self._client = client
        self._ledger = ledger
        self._governor = governor
        self._limit = limit
        self._isolate = isolate
        self._breaker = Breaker()
        self._read: deque[Delivery] = deque()
        self._reading = asyncio.Lock()

    async def work(self) -> None:
        """Take one conversation after the other through; run as many of these as wanted."""
        while await self._governor.take_place(begun=False):
            delivery = await self._next()
            if delivery is None:
                self._governor.give_place_back()
                return
            await self._deliver(delivery)

    async def _next(self) -> Delivery | None:
        """The next conversation with something to send."""
        async with self._reading:
            while not self.tally.trial_over and (delivery := await self._read_next()):
                if self._is_to_send(delivery):
                    self.tally.trial_over = self.tally.begun == self._first
                    if not self.tally.trial_over:
                        self.tally.begun += 1
                        return delivery
            return None

    async def _read_next(self) -> Delivery | None:
        if not self._read:
            try:
                self._read += await self._read_in_thread()
            except LedgerError as error:
                self._governor.end(Stop(StoppedBy.LEDGER, detail=str(error)))
        return self._read.popleft() if self._read else None

    async def _read_in_thread(self) -> list[Delivery]:
        reading = asyncio.create_task(asyncio.to_thread(self._read_ahead))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            # The thread has to be gone before what it reads from is closed.
            await asyncio.gather(reading, return_exceptions=True)
            raise

    def _read_ahead(self) -> list[Delivery]:
        count = READ_AHEAD if self._governor.pace is None else READ_AHEAD_PACED
        return list(map(self._prepare, islice(self._conversations, count)))

    def _prepare(self, conversation: Conversation) -> Delivery:
        known = self._ledger.find(conversation.conversation_id)
        return Delivery(conversation, known, self._limit, self._isolate)

    def _is_to_send(self, delivery: Delivery) -> bool:
        """Count a conversation; whether it has something to send."""
        self.tally.conversations += 1
        self.tally.last_seen = delivery.conversation_id
        self.tally.replace(Counts(), delivery.counts())
        if delivery.checkpoint.status is Status.CHANGED:
            self._record_failure(delivery.conversation_id, str(delivery.checkpoint.reason))
            self._ledger.save(delivery.conversation_id, delivery.checkpoint)
        return delivery.checkpoint.status not in SETTLED

    async def _deliver(self, delivery: Delivery) -> None:
        more, counted = True, delivery.counts()
        while more:
            try:
                more = await self._deliver_batch(delivery)
            finally:
                before, counted = counted, delivery.counts()
                self.tally.replace(before, counted)
            more = more and await self._governor.take_place(begun=True)

    async def _deliver_batch(self, delivery: Delivery) -> bool:
        """Send the next batch; whether there may be one more to send now."""
        batch = delivery.next_batch()
        self._note(delivery)
        if batch is None:
            self._governor.give_place_back()
            return False
        outcome = await self._send(delivery, batch)
        delivery.settle(outcome)
        self._note(delivery)
        # A pause that is slept through leaves the batch to be tried once more.
        paused = isinstance(outcome, (RateLimitError, Withheld)) and not self._governor.stop
        return paused or not delivery.waiting

    async def _send(self, delivery: Delivery, batch: Batch) -> Outcome:
        try:
            receipt = await self._client.send_batch(
                delivery.conversation_id, batch.body, in_doubt=delivery.in_doubt
            )
        except Withheld as withheld:
            return withheld
        except LedgerError as error:
            self._governor.end(Stop(StoppedBy.LEDGER, detail=str(error)))
            return Withheld(outcome_unknown=False)
        except ConflictError as error:
            # ASAPP holds it: nothing has failed.
            self._judge(error)
            return error
        except RequestFailedError as error:
            self._governor.give_up()
            self._judge(error)
            self._record_failure(delivery.conversation_id, str(error))
            return error
        except asyncio.CancelledError:
            # It was on its way when the run ran out of patience.
            delivery.settle(Withheld(outcome_unknown=True))
            self._note(delivery)
            raise
        self._judge(receipt)
        return receipt

    def _judge(self, outcome: Receipt | RequestFailedError) -> None:
        stop = self._breaker.note(outcome, self._governor.now())
        if stop:
            self._governor.end(stop)

    def _note(self, delivery: Delivery) -> None:
        rejects = [reject_of(delivery.conversation, refused) for refused in delivery.take_refused()]
        if rejects:
            self.tally.reasons.update(reject.reason for reject in rejects)
        self._ledger.save(delivery.conversation_id, delivery.checkpoint, rejects)

    def _record_failure(self, conversation_id: str, reason: str) -> None:
        if len(self.tally.failures) < KEPT_FAILURES:
            self.tally.failures.append(Failure(conversation_id, reason))


def reject_of(conversation: Conversation, refused: RefusedMessage) -> Reject:
    """A message that ASAPP refused, in the API's own form, so that it can be mended and sent."""
    return Reject(
        conversation.place(refused.index),
        conversation.conversation_id,
        refused.field,
        refused.reason,
        record_of(conversation.conversation_id, conversation.contents[refused.index]),
        position=refused.index,
        request_id=refused.request_id,
    )
