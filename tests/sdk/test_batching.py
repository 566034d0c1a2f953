"""How messages are cut into requests, whatever their sizes."""

from __future__ import annotations

import json
from collections.abc import Callable

from asapp_conversations import PayloadTooLargeError, Stored, agent
from asapp_conversations.batching import Batch, Delivery, Encoded, Receipt
from asapp_conversations.errors import RequestFailedError
from asapp_conversations.spec import message_batch_rules
from hypothesis import given
from hypothesis import strategies as st

Sizes = st.lists(st.integers(min_value=40, max_value=2_000), max_size=1_000)


def run(delivery: Delivery, answer: Callable[[Batch], Receipt | RequestFailedError]) -> Stored:
    """Go through a delivery with the answer to each batch."""
    for batch in delivery:
        delivery.settle(batch, answer(batch))
    return delivery.result()


@given(sizes=Sizes, budget=st.integers(2_100, 60_000), limit=st.integers(2_100, 60_000))
def test_batching_loses_and_doubles_nothing(sizes: list[int], budget: int, limit: int) -> None:
    """Whatever the sizes and the server's limit: all once, in order, none over a limit."""
    contents = [json.dumps([i, "x" * size]).encode() for i, size in enumerate(sizes)]
    messages = [agent(str(i), "a", "2024-01-01") for i in range(len(sizes))]
    seen: list[int] = []

    def answer(batch: Batch) -> Receipt | RequestFailedError:
        assert len(batch) <= message_batch_rules().max_messages
        assert len(batch.body) <= budget
        if len(batch.body) > limit:
            return PayloadTooLargeError("x", 413)
        (items,) = json.loads(batch.body).values()
        seen.extend(item[0] for item in items)
        return Receipt(1)

    stored = run(Delivery(Encoded(messages, contents, 0), budget), answer)
    assert stored.stored == len(sizes)
    assert seen == list(range(len(sizes)))


@given(count=st.integers(0, 2_000))
def test_batching_uses_the_least_requests(count: int) -> None:
    """Without a byte limit, n messages are ceil(n / maximum) requests."""
    encoded = Encoded([agent("t", "a", "2024-01-01")] * count, [b"1"] * count, 0)
    stored = run(Delivery(encoded, 10**9), lambda batch: Receipt(1))
    assert stored.requests == -(-count // message_batch_rules().max_messages)
