"""What users write, checked and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import assert_type

import httpx
from asapp_conversations import (
    APIStatusError,
    AsappError,
    AsyncClient,
    Client,
    Credentials,
    Message,
    Receipt,
    Stored,
    agent,
    customer,
)
from asapp_conversations.toolkit import Exchange
from asapp_conversations_client.api.conversations import create_batch_messages
from asapp_conversations_client.models import MessageBatch


def send(moment: datetime) -> None:
    with Client(credentials=Credentials("id", "secret"), environment="production") as client:
        messages = [agent("Hello", "agent-1", moment), customer("Hi", "c-1", "2024-03-04T08:00Z")]
        assert_type(messages, list[Message])
        assert_type(client.create_messages("ABC", messages), Stored)
        assert_type(client.with_options(timeout=5, retries=0, rate=None), Client)
        create_batch_messages.sync("ABC", client=client, body=MessageBatch(messages=messages))
        try:
            client.create_messages("ABC", iter(messages))
        except APIStatusError as error:
            assert_type(error.status_code, int)
            assert_type(error.request_id, str | None)
        except AsappError as error:
            if error.progress:
                client.create_messages("ABC", error.progress)


class Gate:
    """A gate of one's own, by its shape alone."""

    async def admit(self, exchange: Exchange) -> None:
        assert_type(exchange.outcome_unknown, bool)

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        assert_type(exchange.attempts, int)


async def send_body(body: bytes) -> None:
    async with AsyncClient(gate=Gate()) as client:
        assert_type(await client.send_batch("ABC", body), Receipt)


def misspell() -> None:
    Client(retry=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Client(retries="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Client().with_options(verify=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def fetch() -> Credentials:
    return Credentials("id", "secret")


async def read() -> AsyncIterator[Message]:
    yield agent("Hello", "agent-1", "2024-03-04T08:00:00Z")


async def send_async() -> None:
    async with AsyncClient(credentials=fetch) as client:
        assert_type(await client.create_messages("ABC", read()), Stored)
