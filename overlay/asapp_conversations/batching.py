"""From messages to request bodies, no two of which are equal: plain decisions, no I/O."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import Final

from asapp_conversations_client.facts import BATCH
from attrs import field, frozen

MOST_MESSAGES: Final = BATCH.max_messages or 1000
"""In one batch: as the document says, or so many that a lost answer leaves not too much in doubt."""

OPENING = b"{" + json.dumps(BATCH.messages_property).encode() + b":["
CLOSING = b"]}"


@frozen
class Batch:
    """What one request sends.

    Attributes:
        count: how many messages it holds.
        body: the request body.
        digest: of the body; two batches of a conversation never have the same.
    """

    count: int
    body: bytes = field(repr=False)
    digest: bytes = field(repr=False)


def cut_batch(
    contents: Sequence[bytes],
    start: int = 0,
    *,
    max_body_bytes: int,
    sent: Collection[bytes] = frozenset(),
) -> Batch | None:
    """The next batch of a conversation: as many messages as fit, one at least.

    ASAPP's 409 says that it holds this very batch, so a batch that equals an earlier one would be
    taken for stored and be lost. It is cut shorter until it differs: 600 equal messages go as
    300, 299 and 1.

    Args:
        contents: the conversation's messages as JSON.
        start: where the batch begins.
        max_body_bytes: no body is larger, unless a single message is.
        sent: the digests of this conversation's batches that ASAPP holds.

    Returns:
        None when every batch that could follow equals one of `sent`, or has too few messages.
    """
    count = _how_many_fit(contents, start, max_body_bytes)
    left = len(contents) - start - count
    if 0 < left < BATCH.min_messages:
        # Enough must be left for a batch of their own.
        count -= BATCH.min_messages - left
    while count >= BATCH.min_messages:
        batch = make_batch(contents[start : start + count])
        if batch.digest not in sent:
            return batch
        count -= 1
    return None


def make_batch(contents: Sequence[bytes]) -> Batch:
    """The batch of exactly these messages, given as JSON."""
    body = OPENING + b",".join(contents) + CLOSING
    return Batch(len(contents), body, sha256(body).digest())


def body_size(sizes: Iterable[int]) -> int:
    """Bytes of the body that holds messages of these sizes, in bytes."""
    sizes = list(sizes)
    return len(OPENING) + sum(sizes) + max(len(sizes) - 1, 0) + len(CLOSING)


def halved_body_size(sizes: Sequence[int]) -> int:
    """Bytes of the larger half of a batch that was too large; no later body should be larger."""
    middle = (len(sizes) + 1) // 2
    return max(body_size(sizes[:middle]), body_size(sizes[middle:]))


def _how_many_fit(contents: Sequence[bytes], start: int, max_body_bytes: int) -> int:
    sizes = list(map(len, contents[start : start + MOST_MESSAGES]))
    if body_size(sizes) <= max_body_bytes:
        return len(sizes)
    counts = range(1, len(sizes))
    return bisect_right(counts, max_body_bytes, key=lambda count: body_size(sizes[:count])) or 1
