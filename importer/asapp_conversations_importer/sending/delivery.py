"""One conversation's way to ASAPP: which batch is next, and what each outcome means. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import filterfalse
from typing import Any

from asapp_conversations import (
    APIStatusError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PayloadTooLargeError,
    Receipt,
    RequestFailedError,
    UnprocessableEntityError,
)
from asapp_conversations.toolkit import (
    MOST_MESSAGES,
    Batch,
    cut_batch,
    halved_body_size,
    make_batch,
)
from attrs import define, evolve, field

from ..ledger.checkpoint import Checkpoint, RunningDigest, Status, resume
from ..ledger.counts import Counts
from ..reading.messages import Conversation
from .outcomes import BodyLimit, Outcome, RefusedMessage, Withheld, named_message, refused_messages

HOPELESS_SINGLES = 3
"""So many messages refused one by one, none accepted: the conversation is what is refused."""

REPEATED = (
    "repeats other messages so often that ASAPP could not tell it from them, nor if it came by itself: "
    "give it a time of its own, or leave it out"
)


@define
class Delivery:
    """Takes one conversation through, batch by batch.

    Call `next_batch`, write `checkpoint` down, send the batch, call `settle`, write `checkpoint`
    and `take_refused()` down, and so on until there is no batch.

    Attributes:
        conversation: all that the source holds of it.
        checkpoint: how far it has come.
        limit: how large a request may be.
        isolate: whether to find the message that a refusal is about.
        waiting: whether the last outcome leaves the batch for a later try.
        in_doubt: whether the batch at hand may have been stored by an earlier call.
    """

    conversation: Conversation
    checkpoint: Checkpoint
    limit: BodyLimit
    isolate: bool = True
    waiting: bool = field(init=False, default=False)
    _initial: Checkpoint = field(init=False)
    _digest: RunningDigest = field(init=False)
    _reached: RunningDigest = field(init=False)
    in_doubt: bool = field(init=False, default=False)
    _batch: Batch = field(init=False)
    _indexes: tuple[int, ...] = field(init=False, default=())
    _refused: set[int] = field(init=False)
    _newly_refused: list[RefusedMessage] = field(init=False, factory=list)
    _bounds: list[int] = field(init=False, factory=list)
    _accepted: bool = field(init=False, default=False)
    _singles_refused: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.checkpoint, self._digest = resume(self.checkpoint, self.conversation.contents)
        self._reached = self._digest
        self._initial = self.checkpoint
        self._refused = set(self.checkpoint.refused)

    @property
    def conversation_id(self) -> str:
        """The conversation's id."""
        return self.conversation.conversation_id

    def counts(self) -> Counts:
        """What has become of the messages by now."""
        known, total = self.checkpoint, len(self.conversation.contents)
        if known.status is Status.CHANGED:
            return Counts(unsent=total)
        rest = self._count(known.done, total)
        in_doubt = self._count(known.done, known.ahead) if known.in_flight else 0
        rejected = rest if known.status is Status.REJECTED else 0
        return Counts(
            stored=known.stored - self._initial.stored,
            already_stored=known.already_stored - self._initial.already_stored,
            skipped=self._initial.stored + self._initial.already_stored,
            rejected=len(self._refused) + rejected,
            in_doubt=in_doubt,
            unsent=rest - rejected - in_doubt,
        )

    def next_batch(self) -> Batch | None:
        """The next request, now noted as in flight; None when the conversation is over or waits."""
        self.waiting = False
        if self.checkpoint.status in {Status.REJECTED, Status.CHANGED, Status.FINISHED}:
            return None
        self.in_doubt = self.checkpoint.in_flight
        if self.in_doubt:
            self._indexes = self._sendable(self.checkpoint.done, self.checkpoint.ahead)
            batch = make_batch(self._contents(self._indexes))
        elif (chosen := self._choose()) is not None:
            batch = chosen
        else:
            return None
        stop = self._indexes[-1] + 1
        self.checkpoint = evolve(
            self.checkpoint,
            ahead=stop,
            ahead_digest=self._digest_to(stop).value(),
            in_flight=True,
            status=Status.IN_DOUBT,
        )
        self._batch = batch
        return batch

    def settle(self, outcome: Outcome) -> None:
        """Take in what became of the last batch.

        A batch whose outcome is unknown stays as it is, and is sent again as the very same one,
        which asks ASAPP whether it holds it.
        """
        count = len(self._indexes)
        match outcome:
            case Receipt() if not (self.in_doubt and outcome.confirmed_by_conflict):
                self._accept(stored=count)
            case Receipt() | ConflictError():
                self._accept(already_stored=count)
            case RequestFailedError() if outcome.outcome_unknown:
                self._wait(outcome)
            case NotFoundError():
                self._reject_rest(outcome)
            case PayloadTooLargeError() | BadRequestError() | UnprocessableEntityError() if (
                self.in_doubt and count > MOST_MESSAGES
            ):
                self._wait(outcome, beyond_limit(count))
            case PayloadTooLargeError():
                self._shrink(outcome)
            case BadRequestError() | UnprocessableEntityError():
                self._isolate(outcome)
            case _:
                self._wait(outcome)

    def take_refused(self) -> list[RefusedMessage]:
        """The messages refused since this was last asked."""
        taken, self._newly_refused = self._newly_refused, []
        return taken

    def _count(self, start: int, stop: int) -> int:
        return stop - start - sum(start <= index < stop for index in self._refused)

    def _sendable(self, start: int, stop: int) -> tuple[int, ...]:
        indexes = range(start, stop)
        return tuple(filterfalse(self._refused.__contains__, indexes) if self._refused else indexes)

    def _choose(self) -> Batch | None:
        """The next batch; None when all is settled, which is noted."""
        while self.checkpoint.done < len(self.conversation.contents):
            end = self._bounds[-1] if self._bounds else len(self.conversation.contents)
            candidates = self._candidates(self.checkpoint.done, end)
            if not candidates:
                self._advance(end)
                continue
            batch = self._cut(candidates)
            if batch is None:
                self._refuse([RefusedMessage(candidates[0], REPEATED)])
            elif len(batch.body) > self.limit.max_body:
                reason = f"does not fit a request of {self.limit.max_body:,} bytes"
                self._refuse([RefusedMessage(candidates[0], reason)])
            else:
                self._indexes = candidates[: batch.count]
                return batch
        return None

    def _candidates(self, start: int, end: int) -> tuple[int, ...]:
        """As many messages as a batch may hold, but for those that were refused."""
        return self._sendable(start, min(end, start + MOST_MESSAGES + len(self._refused)))[
            :MOST_MESSAGES
        ]

    def _cut(self, candidates: Sequence[int]) -> Batch | None:
        contents, sent = self._contents(candidates), self.checkpoint.sent
        return cut_batch(contents, max_body_bytes=self.limit.max_body, sent=sent)

    def _contents(self, indexes: Sequence[int]) -> list[bytes]:
        return list(map(self.conversation.contents.__getitem__, indexes))

    def _accept(self, stored: int = 0, already_stored: int = 0) -> None:
        self._accepted = True
        known = self.checkpoint
        self._advance(
            self._indexes[-1] + 1,
            sent=known.sent | {self._batch.digest},
            stored=known.stored + stored,
            already_stored=known.already_stored + already_stored,
        )

    def _advance(self, done: int, **more: Any) -> None:
        """Note everything before `done` as settled, and what else there is to note."""
        known = self.checkpoint
        self._digest = self._digest_to(done)
        while self._bounds and self._bounds[-1] <= done:
            self._bounds.pop()
        ahead = max([done, *(index + 1 for index in self._refused)])
        self.checkpoint = evolve(
            known,
            done=done,
            digest=self._digest.value(),
            ahead=ahead,
            ahead_digest=self._digest_to(ahead).value() if ahead > done else b"",
            in_flight=False,
            status=Status.FINISHED if done == len(self.conversation.contents) else Status.OPEN,
            reason=None,
            **more,
        )

    def _digest_to(self, stop: int) -> RunningDigest:
        """The digest of everything before `stop`, which is not before the end of the one kept."""
        if self._reached.count != stop:
            self._reached = self._digest.then(self.conversation.contents[self._digest.count : stop])
        return self._reached

    def _shrink(self, error: PayloadTooLargeError) -> None:
        self.checkpoint = evolve(self.checkpoint, in_flight=False)
        if len(self._indexes) == 1:
            self._refuse(refused_messages(self._indexes, error))
            return
        sizes = list(map(len, self._contents(self._indexes)))
        self.limit.max_body = min(self.limit.max_body, halved_body_size(sizes))

    def _isolate(self, error: APIStatusError) -> None:
        self.checkpoint = evolve(self.checkpoint, in_flight=False)
        named = named_message(error)
        if not self.isolate:
            self._refuse(refused_messages(self._indexes, error))
        elif named is not None and named < len(self._indexes):
            self._refuse(refused_messages([self._indexes[named]], error))
        elif len(self._indexes) == 1:
            self._singles_refused += 1
            if self._singles_refused >= HOPELESS_SINGLES and not self._accepted:
                self._reject_rest(error)
            else:
                self._refuse(refused_messages(self._indexes, error))
        else:
            last = self._indexes[-1] + 1
            middle = self._indexes[(len(self._indexes) + 1) // 2]
            self._bounds += [last, middle]

    def _refuse(self, refused: Sequence[RefusedMessage]) -> None:
        self._newly_refused += refused
        self._refused.update(message.index for message in refused)
        ahead = max(self.checkpoint.ahead, refused[-1].index + 1)
        self.checkpoint = evolve(
            self.checkpoint,
            ahead=ahead,
            ahead_digest=self._digest_to(ahead).value(),
            refused=tuple(sorted(self._refused)),
        )

    def _reject_rest(self, error: APIStatusError) -> None:
        rest = refused_messages(
            self._sendable(self.checkpoint.done, len(self.conversation.contents)), error
        )
        self._newly_refused += rest
        self.checkpoint = evolve(
            self.checkpoint, in_flight=False, status=Status.REJECTED, reason=rest[0].reason
        )

    def _wait(self, outcome: RequestFailedError | Withheld, words: str = "") -> None:
        """The batch stays as it is, and so do those behind it, until the next try."""
        self.waiting = True
        in_doubt = self.in_doubt or outcome.outcome_unknown
        self.checkpoint = evolve(
            self.checkpoint,
            in_flight=in_doubt,
            status=Status.IN_DOUBT if in_doubt else Status.OPEN,
            reason=self.checkpoint.reason
            if isinstance(outcome, Withheld)
            else words or str(outcome),
        )


def beyond_limit(count: int) -> str:
    """Why a batch stays in doubt that is larger than a later document allows."""
    return (
        f"{count:,} messages were sent in one batch without an answer, and a request now holds at "
        f"most {MOST_MESSAGES:,}: ASAPP refuses the batch and cannot tell whether it holds it. Look "
        "whether they are there; if not, import them with a ledger of their own"
    )
