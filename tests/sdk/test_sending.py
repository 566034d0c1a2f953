"""What leaves: the clients' main job over their public interface."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from answering import OK, SECRET, MakeMessages, Server, batch_module, error
from asapp_conversations import (
    AsyncClient,
    Client,
    Credentials,
    InternalServerError,
    InvalidRequestError,
    Message,
    NotFoundError,
    PayloadTooLargeError,
    Progress,
    Sender,
    SenderRole,
    Stored,
    __spec_sha256__,
    __spec_version__,
    __version__,
)
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import MessageBatch, MessageBatchResponse
from documented import CONVERSATION, SUCCESS
from pytest_httpx import HTTPXMock


def test_sends_in_order_in_the_least_requests(time: Any, make_messages: MakeMessages) -> None:
    """Messages go out in order, cut at the document's maximum, with both keys."""
    server = Server(OK)
    stored = server.client(time).create_messages(CONVERSATION, iter(make_messages(2 * MOST + 1)))
    assert stored == Stored(stored=2 * MOST + 1, requests=3, request_ids=("", "", ""))
    assert server.sizes() == [MOST, MOST, 1]
    texts = [message["text"] for body in server.bodies for message in body["messages"]]
    assert texts == [f"text {i:04}" for i in range(2 * MOST + 1)]
    keys = {key.name for key in BATCH.operation.keys}
    assert {server.headers[0][name] for name in keys} == {"id-1", SECRET}
    agent_name = server.headers[0]["user-agent"]
    assert agent_name.startswith(f"asapp-conversations/{__version__} ")
    assert f"document {__spec_version__}, {__spec_sha256__[:12]}" in agent_name


def test_users_can_mock_it(httpx_mock: HTTPXMock, time: Any, make_messages: MakeMessages) -> None:
    """The tests of a user's own program intercept the clients with pytest-httpx."""
    for status in (503, SUCCESS, SUCCESS):
        httpx_mock.add_response(status_code=status, json={})

    async def run() -> Stored:
        async with AsyncClient(clock=time.clock()) as client:
            return await client.create_messages(CONVERSATION, make_messages(1))

    with Client(clock=time.clock()) as client:
        assert client.create_messages(CONVERSATION, make_messages(1)).retries == 1
    assert asyncio.run(run()).stored == 1
    assert len(httpx_mock.get_requests()) == 3


def test_times_of_plain_messages_go_out_in_utc(time: Any) -> None:
    """A Message made without the short constructors may hold a naive time or a string."""
    server = Server(OK)
    sender = Sender(role=SenderRole.AGENT, external_id="a")
    moments: list[Any] = [datetime(2024, 3, 4, 8), "2024-03-04 09:00:00+01:00", "2024-03-04T08:00"]
    messages = [Message(text="hello", sender=sender, timestamp=moment) for moment in moments]
    server.client(time).create_messages(CONVERSATION, messages)
    sent = [message["timestamp"] for message in server.bodies[0]["messages"]]
    assert sent == ["2024-03-04T08:00:00Z"] * 3
    assert [message.timestamp for message in messages] == moments


def test_no_messages_send_nothing(time: Any) -> None:
    """An empty iterable is no request."""
    server = Server(OK)
    assert server.client(time).create_messages(CONVERSATION, []) == Stored()
    assert server.bodies == []


def test_generated_operation_has_auth_and_retry(time: Any, make_messages: MakeMessages) -> None:
    """A generated operation gets keys, retry and parsed answers through the client."""
    server = Server(error(503), OK)
    answer = batch_module().sync(
        CONVERSATION, client=server.client(time), body=MessageBatch(messages=make_messages(2))
    )
    assert isinstance(answer, MessageBatchResponse)
    assert len(server.bodies) == 2


def test_generated_operation_raises_typed_errors(time: Any, make_messages: MakeMessages) -> None:
    """A generated operation raises the overlay's errors before any parser runs."""
    server = Server(httpx.Response(502, html="<html>bad gateway</html>"))
    with pytest.raises(InternalServerError) as caught:
        batch_module().sync(
            CONVERSATION, client=server.client(time), body=MessageBatch(messages=make_messages(2))
        )
    assert caught.value.attempts == 4


def test_payload_too_large_is_halved(time: Any, make_messages: MakeMessages) -> None:
    """A 413 halves the batch, and later batches are no larger than the half."""
    server = Server(error(413), OK)
    stored = server.client(time).create_messages(CONVERSATION, make_messages(2 * MOST))
    assert stored.stored == 2 * MOST
    half = (MOST + 1) // 2
    rest = [half] * (2 * MOST // half) + [2 * MOST % half] * (MOST % 2)
    assert server.sizes() == [MOST, *rest]
    texts = [message["text"] for body in server.bodies[1:] for message in body["messages"]]
    assert texts == [f"text {i:04}" for i in range(2 * MOST)]


def test_one_message_too_large_is_an_error(time: Any, make_messages: MakeMessages) -> None:
    """A 413 that halving cannot help is raised with what remains."""
    with pytest.raises(PayloadTooLargeError) as caught:
        Server(error(413)).client(time).create_messages(CONVERSATION, make_messages(2))
    assert caught.value.progress is not None
    assert len(caught.value.progress.remaining) == 2


def test_payload_too_large_after_unknown_outcome_is_not_halved(
    time: Any, make_messages: MakeMessages
) -> None:
    """Halves of a batch that may be stored whole would be stored twice."""
    server = Server(httpx.ReadTimeout("slow"), error(413))
    with pytest.raises(PayloadTooLargeError) as caught:
        server.client(time).create_messages(CONVERSATION, make_messages(4))
    assert caught.value.progress is not None
    assert len(caught.value.progress.unknown) == 4


def test_byte_budget_cuts(time: Any, make_messages: MakeMessages) -> None:
    """No body is larger than the budget, and each is as full as it can be."""
    server = Server(OK)
    client = server.client(time)
    client.create_messages(CONVERSATION, make_messages(4))
    budget = int(server.headers[0]["content-length"])
    client.create_messages(CONVERSATION, make_messages(10), max_body_bytes=budget)
    client.create_messages(CONVERSATION, make_messages(10), max_body_bytes=budget - 1)
    assert server.sizes() == [4, 4, 4, 2, 3, 3, 3, 1]


def test_more_unknown_than_a_batch_is_refused(time: Any, make_messages: MakeMessages) -> None:
    """An unknown batch cannot have been larger than a batch."""
    many = Progress(unknown=make_messages(MOST + 1))
    with pytest.raises(InvalidRequestError, match="unknown"):
        Server(OK).client(time).create_messages(CONVERSATION, many)


def test_closed_client_says_so(make_messages: MakeMessages) -> None:
    """A closed client refuses to send, and so does a copy of it."""
    client = Client()
    copy = client.with_options()
    client.close()
    for one in (client, copy):
        with pytest.raises(InvalidRequestError, match="nothing was sent: the client is closed"):
            one.create_messages(CONVERSATION, make_messages(1))


def test_async_twin(time: Any, make_messages: MakeMessages) -> None:
    """The async client takes the same decisions, and async iterables and providers besides."""
    server = Server(error(401), httpx.ReadTimeout("slow"), error(409), OK, error(404))
    pairs = iter([Credentials("old", "a"), Credentials("new", "b")])

    async def fetch() -> Credentials:
        return next(pairs)

    async def run() -> None:
        transport = httpx.MockTransport(server)
        async with AsyncClient(
            credentials=fetch, transport=transport, clock=time.clock()
        ) as client:

            async def read() -> Any:
                for message in make_messages(MOST + 1):
                    yield message

            stored = await client.create_messages(CONVERSATION, read())
            assert (stored.stored, stored.requests, stored.retries) == (MOST + 1, 4, 2)
            async with client.with_options(rate=None, retries=0) as changed:
                with pytest.raises(NotFoundError) as caught:
                    await changed.create_messages(CONVERSATION, make_messages(2))
            assert caught.value.progress is not None
            assert len(caught.value.progress.remaining) == 2
            shared = client.with_options()
            with pytest.raises(NotFoundError):
                await batch_module().asyncio(
                    CONVERSATION, client=shared, body=MessageBatch(messages=make_messages(1))
                )

    asyncio.run(run())


def test_async_client_takes_plain_providers(time: Any, make_messages: MakeMessages) -> None:
    """The async client takes fixed keys and plain callables as well."""

    async def run() -> None:
        for source in (Credentials("id", "s"), lambda: Credentials("id", "s")):
            client = AsyncClient(
                credentials=source, transport=httpx.MockTransport(Server(OK)), clock=time.clock()
            )
            stored = await client.create_messages(CONVERSATION, make_messages(1))
            assert stored.stored == 1

    asyncio.run(run())


def test_wrong_kind_of_client_is_named() -> None:
    """A client used with the other kind of function says which one to use."""
    with pytest.raises(TypeError, match="AsyncClient"):
        Client().get_async_httpx_client()
    with pytest.raises(TypeError, match="use Client"):
        AsyncClient().get_httpx_client()
