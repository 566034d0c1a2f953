"""What an import would do, without sending anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

from asapp_conversations import Receipt
from attrs import asdict, define, field, frozen

from .ledger.checkpoint import Checkpoint
from .ledger.counts import Counts
from .ledger.standing import opened
from .options import ImportOptions
from .reading import open_reader
from .reading.messages import Conversation, Place, Reject
from .reading.scratch import scratch_folder
from .reading.sources import Source
from .report import ImportReport
from .sending.delivery import Delivery
from .sending.outcomes import BodyLimit

EXAMPLES = 3
"""How many places are named for each reason."""


@define
class Reason:
    """Why records would be rejected.

    Attributes:
        count: how many.
        examples: where the first of them stand.
    """

    count: int = 0
    examples: list[str] = field(factory=list)


@frozen
class ImportPlan:
    """What an import would do.

    Attributes:
        conversations: those with at least one valid message.
        messages: valid messages, and the records that are none.
        rejected: records that the document does not allow, and messages that ASAPP has refused.
        skipped: messages that the ledger knows as settled.
        to_send: messages that would be sent.
        waiting: messages of conversations whose source has changed since they were sent.
        requests: how many it would take.
        body_bytes: of all request bodies together.
        largest_body: bytes of the largest request body.
        duplicates: messages that repeat another one of their conversation exactly.
        odd_times: messages whose local time the clock showed twice (`repeated_hour`) or never
            (`skipped_hour`), or that were sent `before_1990` or `after_tomorrow`.
        reasons: rejects by reason, the most frequent first.
        ledger: the ledger that was taken into account, if there is one.
    """

    conversations: int
    messages: int
    rejected: int
    skipped: int
    to_send: int
    waiting: int
    requests: int
    body_bytes: int
    largest_body: int
    duplicates: int
    odd_times: Mapping[str, int]
    reasons: Mapping[str, Reason]
    ledger: str | None

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return asdict(self)


def make_plan(
    source: Source,
    options: ImportOptions,
    on_reject: Callable[[Reject], object] = lambda reject: None,
    through: Callable[[Iterator[Conversation]], Iterator[Conversation]] = iter,
) -> ImportPlan:
    """Read and validate everything, and cut it into requests as an import would.

    `through` is given the conversations, and hands each on.
    """
    known = options.ledger if options.ledger and options.ledger.exists() else None
    reasons: dict[str, Reason] = defaultdict(Reason)
    counts = Counts()
    conversations = duplicates = requests = body_bytes = largest_body = invalid = 0

    def note(words: str, place: Place) -> None:
        reason = reasons[words]
        reason.count += 1
        if len(reason.examples) < EXAMPLES:
            reason.examples.append(str(place))

    def reject(reject: Reject) -> None:
        nonlocal invalid
        invalid += 1
        note(reject.summary(), reject.place)
        on_reject(reject)

    with (
        scratch_folder() as folder,
        open_reader(source, memory_limit=options.memory_limit, folder=folder / "staging") as reader,
        opened(known) if known else nullcontext() as ledger,
    ):
        totals = reader.load(
            source,
            options.read,
            reject,
            lambda records: options.on_progress(ImportReport(records=records)),
        )
        for conversation in through(reader.conversations()):
            conversations += 1
            duplicates += len(conversation.contents) - len(set(conversation.contents))
            # As if each batch were stored.
            checkpoint = ledger.find(conversation.conversation_id) if ledger else Checkpoint()
            delivery = Delivery(conversation, checkpoint, BodyLimit(options.max_body))
            while (batch := delivery.next_batch()) is not None:
                requests += 1
                body_bytes += len(batch.body)
                largest_body = max(largest_body, len(batch.body))
                delivery.settle(Receipt())
            counts += delivery.counts()
            for refused in delivery.take_refused():
                note(refused.reason, conversation.place(refused.index))
    return ImportPlan(
        conversations=conversations,
        messages=counts.total() + invalid,
        rejected=counts.rejected + invalid,
        skipped=counts.skipped,
        to_send=counts.stored,
        waiting=counts.unsent,
        requests=requests,
        body_bytes=body_bytes,
        largest_body=largest_body,
        duplicates=duplicates,
        odd_times=dict(+totals.odd_times),
        reasons=dict(sorted(reasons.items(), key=lambda item: -item[1].count)),
        ledger=str(known) if known else None,
    )
