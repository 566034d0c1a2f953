"""What lets each attempt leave: gates of one's own."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from asapp_conversations import (
    APIConnectionError,
    AsyncClient,
    Client,
    InvalidRequestError,
    Receipt,
)
from asapp_conversations.toolkit import Exchange
from documented import CONVERSATION, SUCCESS

BODY = b'{"messages":[]}'


class Stopped(Exception):
    """Nothing more may leave."""


class Budget:
    """Lets so many attempts leave, and notes what became of each."""

    def __init__(self, attempts: int) -> None:
        self.left = attempts
        self.attempts_before: list[int] = []
        self.outcomes: list[object] = []

    def admit(self, exchange: Exchange) -> None:
        if not self.left:
            raise Stopped(exchange.outcome_unknown)
        self.left -= 1
        self.attempts_before.append(exchange.attempts)

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        status = outcome.status_code if isinstance(outcome, httpx.Response) else type(outcome)
        self.outcomes.append(status)


class AsyncBudget(Budget):
    """The same for tasks."""

    async def admit(self, exchange: Exchange) -> None:  # type: ignore[override]
        super().admit(exchange)


def answers(*outcomes: int | BaseException) -> httpx.MockTransport:
    """Answers with each status in turn, or raises."""
    rest = iter(outcomes)

    def answer(request: httpx.Request) -> httpx.Response:
        outcome = next(rest)
        if isinstance(outcome, BaseException):
            raise outcome
        return httpx.Response(outcome, json={})

    return httpx.MockTransport(answer)


def send(kind: type[Client | AsyncClient], budget: int, outcomes: Any, time: Any) -> Any:
    """What `send_batch` returns or raises, with the gate that it passed."""
    if kind is Client:
        gate = Budget(budget)
        client = Client(gate=gate, transport=answers(*outcomes), clock=time.clock())
        return gate, lambda **options: client.with_options(**options).send_batch(CONVERSATION, BODY)
    async_gate = AsyncBudget(budget)
    async_client = AsyncClient(gate=async_gate, transport=answers(*outcomes), clock=time.clock())
    return async_gate, lambda **options: asyncio.run(
        async_client.with_options(**options).send_batch(CONVERSATION, BODY)
    )


both = pytest.mark.parametrize("kind", [Client, AsyncClient])


@both
def test_gate_is_asked_before_and_told_after_each_attempt(kind: Any, time: Any) -> None:
    """Each attempt is admitted and settled, resends too, and nothing else paces it."""
    gate, run = send(kind, 3, [httpx.ReadTimeout("slow"), 429, SUCCESS], time)
    receipt = run()
    assert receipt == Receipt(("", "", ""))
    assert receipt.attempts == 3
    assert gate.attempts_before == [0, 1, 2]
    assert gate.outcomes == [httpx.ReadTimeout, 429, SUCCESS]
    assert time.waits == [0.25, 2.0]


@both
def test_a_gate_can_pardon_refusals(kind: Any, time: Any) -> None:
    """What a gate does not count uses up no retry and waits as the first one does."""
    gate, run = send(kind, 6, [429, 429, 429, 503, SUCCESS], time)
    settle = gate.settle

    def pardon(exchange: Exchange, outcome: httpx.Response) -> None:
        settle(exchange, outcome)
        exchange.pardoned += outcome.status_code == 429

    gate.settle = pardon
    run(retries=1)
    assert time.waits == [1.0, 1.0, 1.0, 0.25]


@both
def test_what_a_gate_raises_reaches_the_caller(kind: Any, time: Any) -> None:
    """A gate stops a request by its own exception, which comes out as it is."""
    gate, run = send(kind, 1, [httpx.ReadTimeout("slow")], time)
    with pytest.raises(Stopped) as caught:
        run()
    assert caught.value.args == (True,)
    assert gate.outcomes == [httpx.ReadTimeout]


@both
@pytest.mark.parametrize("ending", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_gate_hears_of_every_end_of_an_attempt(kind: Any, ending: Any, time: Any) -> None:
    """An attempt that is interrupted or cancelled is settled as well."""
    gate, run = send(kind, 1, [ending], time)
    with pytest.raises(type(ending)):
        run()
    assert gate.outcomes == [type(ending)]


@both
def test_receipt_tells_a_conflict_with_our_own_resend(kind: Any, time: Any) -> None:
    """A 409 to our own resend is told from a plain success."""
    _, run = send(kind, 2, [httpx.ReadTimeout("slow"), 409], time)
    assert run() == Receipt(("", ""), confirmed_by_conflict=True)


@both
def test_refused_connection_is_no_unknown_outcome(kind: Any, time: Any) -> None:
    """A batch that met no server has certainly not been stored."""
    _, run = send(kind, 4, [httpx.ConnectError("refused")] * 4, time)
    with pytest.raises(APIConnectionError) as caught:
        run()
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(("kind", "gate"), [(Client, Budget(1)), (AsyncClient, AsyncBudget(1))])
def test_gate_is_not_lost_to_a_rate(kind: Any, gate: Any) -> None:
    """A rate beside a gate, or in a copy, is refused instead of switching the gate off."""
    with pytest.raises(InvalidRequestError, match="not both"):
        kind(gate=gate, rate=10)
    client = kind(gate=gate, transport=answers())
    with pytest.raises(InvalidRequestError, match="gate"):
        client.with_options(rate=10)


@pytest.mark.parametrize("conversation_id", ["..", "", "a/b", None])
def test_batch_goes_to_valid_conversations_only(conversation_id: Any) -> None:
    """An id that the document forbids never becomes a part of a URL."""
    client = Client(transport=answers())
    with pytest.raises(InvalidRequestError, match="conversationId"):
        client.send_batch(conversation_id, BODY)
