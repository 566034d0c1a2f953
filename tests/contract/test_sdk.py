"""The SDK against both servers: its answers and its errors are those of the document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from asapp_conversations import (
    AsyncClient,
    Client,
    Credentials,
    InvalidRequestError,
    agent,
)
from asapp_conversations.toolkit import status_error
from asapp_conversations_client.api.conversations import create_batch_messages
from asapp_conversations_client.contracts import CONTRACTS
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import MessageBatch
from asapp_conversations_emulator import Emulator
from documented import CONVERSATION

(CONTRACT,) = (each for each in CONTRACTS.operations if each.operation == BATCH.operation)
STATUSES = sorted(
    int(status) for status in CONTRACT.answers if status.isdigit() and int(status) >= 400
)
KEYS = Credentials("emulator-id", "emulator-secret")
MESSAGES = [agent(f"text {number}", "a-1", "2024-03-04T08:00:00Z") for number in range(601)]


@pytest.fixture(params=["emulator", "prism"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Either server."""
    if request.param == "prism":
        yield request.getfixturevalue("prism_url")
    else:
        with Emulator() as server:
            yield server.url


def test_long_conversation(url: str) -> None:
    """A conversation is sent in as many requests as the document's maximum asks for."""
    with Client(credentials=KEYS, base_url=url, rate=None) as client:
        sent = client.create_messages(CONVERSATION, MESSAGES)
    assert (sent.stored, sent.requests, sent.retries) == (601, 3, 0)


def test_async_twin(url: str) -> None:
    """The async client does the same."""

    async def run() -> None:
        async with AsyncClient(credentials=KEYS, base_url=url, rate=None) as client:
            sent = await client.create_messages(CONVERSATION, MESSAGES)
            assert (sent.stored, sent.requests) == (601, 3)

    asyncio.run(run())


def test_generated_operation(url: str) -> None:
    """The generated operation runs through the client and parses the answer."""
    with Client(credentials=KEYS, base_url=url) as client:
        answer = create_batch_messages.sync_detailed(
            CONVERSATION, client=client, body=MessageBatch(messages=MESSAGES[:2])
        )
    assert (answer.status_code, answer.parsed is not None) == (200, True)


def test_invalid_input_is_never_sent(url: str) -> None:
    """What the document forbids is refused before it is sent."""
    with (
        Client(credentials=KEYS, base_url=url) as client,
        pytest.raises(InvalidRequestError, match="conversationId"),
    ):
        client.create_messages("a-b", MESSAGES)


@pytest.mark.parametrize("status", STATUSES)
def test_documented_errors_of_prism(prism_url: str, status: int) -> None:
    """Each documented status, answered with the document's example, is its class of error."""
    headers = {"Prefer": f"code={status}"}
    with Client(credentials=KEYS, base_url=prism_url, headers=headers, retries=0) as client:
        check_error(client, status, request_id="8e033668-9f1a-11ec-b909-0242ac120002")


@pytest.mark.parametrize("status", STATUSES)
def test_documented_errors_of_the_emulator(emulator: Emulator, status: int) -> None:
    """The emulator's faults are the same errors to the SDK."""
    emulator.fail_next(status)
    check_error(emulator.client(retries=0), status)


def check_error(client: Client, status: int, request_id: str | None = None) -> None:
    """The error is of its class, and has the documented code and a request id."""
    with pytest.raises(status_error(status)) as caught:
        client.create_messages(CONVERSATION, MESSAGES[:1], conflict_is_stored=False)
    assert (caught.value.status_code, caught.value.code) == (status, f"{status}-01")
    assert caught.value.request_id
    assert request_id in {None, caught.value.request_id}
