"""How far a conversation has come, in a form that can be checked against the source."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING

from asapp_conversations.toolkit import counted
from attrs import evolve, frozen

if TYPE_CHECKING:
    from hashlib import _Hash


class Status(StrEnum):
    """Where a conversation stands."""

    OPEN = "open"
    """Begun, or waiting for its turn again."""
    FINISHED = "finished"
    """Each message of the source is settled."""
    IN_DOUBT = "in_doubt"
    """No answer has told yet what became of a batch; it is sent again as the very same one."""
    REJECTED = "rejected"
    """ASAPP refused the conversation; what was not stored by then will not be sent."""
    CHANGED = "changed"
    """The source no longer begins with what was sent; nothing is sent until it does again."""


@frozen
class Checkpoint:
    """What the ledger keeps of one conversation.

    Messages are counted from 0 in the order in which they are sent.

    Attributes:
        total: how many messages the source had when it was last read.
        done: how many, from the front, are settled: stored, or refused one by one.
        digest: of the first `done` messages; empty for none.
        ahead: how many, from the front, the batch on its way ends at; `done` without one.
        ahead_digest: of the first `ahead` messages; empty when that is `digest`.
        in_flight: whether that batch may have arrived.
        refused: the messages before `ahead` that ASAPP refused one by one.
        sent: the digests of the batches that ASAPP holds; no later one may equal one of them.
        stored: how many messages were accepted.
        already_stored: how many were held before they were sent.
        status: where the conversation stands.
        reason: why it waits or was rejected.
    """

    total: int = 0
    done: int = 0
    digest: bytes = b""
    ahead: int = 0
    ahead_digest: bytes = b""
    in_flight: bool = False
    refused: tuple[int, ...] = ()
    sent: frozenset[bytes] = frozenset()
    stored: int = 0
    already_stored: int = 0
    status: Status = Status.OPEN
    reason: str | None = None


NOTHING_SENT = Checkpoint()

LENGTH = Struct(">Q")

DIGEST_BYTES = 16
"""How much of a SHA-256 is kept: enough to see a change, small in millions of rows."""


class RunningDigest:
    """SHA-256 over messages, each preceded by its length, so that no two lists look alike."""

    def __init__(self, state: _Hash | None = None, count: int = 0) -> None:
        self._state = state or hashlib.sha256()
        self.count = count

    def then(self, contents: Sequence[bytes]) -> RunningDigest:
        """The digest that goes on with these messages; this one stays as it is."""
        state = self._state.copy()
        lengths = map(LENGTH.pack, map(len, contents))
        state.update(b"".join(chain.from_iterable(zip(lengths, contents, strict=True))))
        return RunningDigest(state, self.count + len(contents))

    def value(self) -> bytes:
        """The digest; empty as long as there was no message."""
        return self._state.digest()[:DIGEST_BYTES] if self.count else b""


def resume(known: Checkpoint, messages: Sequence[bytes]) -> tuple[Checkpoint, RunningDigest]:
    """The checkpoint held against the source as it is now, and the digest of what is settled."""
    if known == NOTHING_SENT and messages:
        return Checkpoint(total=len(messages)), RunningDigest()
    digest = RunningDigest().then(messages[: known.done])
    ahead = digest.then(messages[known.done : known.ahead])
    as_sent = len(messages) >= known.done and digest.value() == known.digest
    same_batch = known.ahead == known.done or (
        len(messages) >= known.ahead and ahead.value() == known.ahead_digest
    )
    known = evolve(known, total=len(messages))
    if not as_sent or (known.in_flight and not same_batch):
        return evolve(known, status=Status.CHANGED, reason=_changed(known)), digest
    if not same_batch:
        known = evolve(known, ahead=known.done, ahead_digest=b"")
    # A refusal further on was not noted together with the message it is about.
    refused = tuple(index for index in known.refused if index < known.ahead)
    known = evolve(known, refused=refused)
    if known.status is not Status.REJECTED:
        finished = known.done == len(messages)
        waiting = Status.IN_DOUBT if known.in_flight else Status.OPEN
        known = evolve(known, status=Status.FINISHED if finished else waiting)
    return known, digest


def _changed(known: Checkpoint) -> str:
    count = known.ahead if known.in_flight else known.done
    return (
        f"the source no longer begins with what has been sent ({counted(count, 'message')}): "
        "restore that part, and import what is new or mended from a file of its own"
    )
