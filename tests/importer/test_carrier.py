"""Requests over aiohttp, through real sockets: what is certain to have met nobody, and what is not."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from asapp_conversations import APIConnectionError, APITimeoutError, AsyncClient, Receipt
from asapp_conversations_importer.sending.carrier import AiohttpCarrier
from documented import CONVERSATION
from hostile import STATUS_LINE

OK = STATUS_LINE + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
BODY = b'{"messages":[]}'

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answering) -> AsyncIterator[str]:
    """A server that does this with each connection, and its URL."""
    connections: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            await asyncio.gather(*connections, return_exceptions=True)


async def receive(reader: asyncio.StreamReader) -> bytes:
    """One request whole; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return head + await reader.readexactly(length)


def after_a_request(*parts: bytes, reset: bool = False) -> Answering:
    """Receive one request, send this, and hang up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await receive(reader)).endswith(BODY)
        writer.writelines(parts)
        await writer.drain()
        if reset:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


async def fails(base_url: str, **options: object) -> APIConnectionError:
    """How one attempt at this address fails."""
    async with AsyncClient(
        base_url=base_url, transport=AiohttpCarrier(), retries=0, **options
    ) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.send_batch(CONVERSATION, BODY)
    return caught.value


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:9", "https://127.0.0.1:9", "http://no-such-host.localhost:9"]
)
def test_without_a_connection_nothing_was_sent(base_url: str) -> None:
    """A port that nobody listens on and a name that nobody has are certain."""
    error = asyncio.run(fails(base_url))
    assert not error.outcome_unknown
    assert "ssl" not in str(error)


def test_a_server_without_tls_was_sent_nothing() -> None:
    """A handshake that fails comes before the request."""

    async def main() -> APIConnectionError:
        async with serving(after_a_request()) as url:
            return await fails(url.replace("http:", "https:"))

    assert not asyncio.run(main()).outcome_unknown


def test_a_connection_that_takes_too_long_was_sent_nothing() -> None:
    """A server that accepts no more connections is given up in time, and was sent nothing."""

    async def main() -> APIConnectionError:
        with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
            listening.bind(("127.0.0.1", 0))
            listening.listen(0)
            for filling in (first, second):
                filling.setblocking(False)
                filling.connect_ex(listening.getsockname())
            port = listening.getsockname()[1]
            timeout = httpx.Timeout(60, connect=0.2)
            return await fails(f"http://127.0.0.1:{port}", timeout=timeout)

    error = asyncio.run(main())
    assert isinstance(error, APITimeoutError)
    assert not error.outcome_unknown


HALF = OK.replace(b"Length: 2", b"Length: 9")


@pytest.mark.parametrize(
    "answer",
    [
        after_a_request(),
        after_a_request(reset=True),
        after_a_request(OK[:20]),
        after_a_request(HALF),
        after_a_request(HALF, reset=True),
        after_a_request(b"220 this is no HTTP\r\n\r\n"),
        after_a_request(STATUS_LINE + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n"),
    ],
    ids=["silent end", "reset", "half a head", "half a body", "reset body", "no HTTP", "long head"],
)
def test_after_the_request_nothing_is_certain(answer: Answering) -> None:
    """Whatever ends a connection that has taken the request leaves it in doubt."""

    async def main() -> APIConnectionError:
        async with serving(answer) as url:
            return await fails(url)

    assert asyncio.run(main()).outcome_unknown


def test_a_connection_serves_one_request_after_the_other() -> None:
    """Connections stay open; one that the server has closed meanwhile is not used again."""
    connections: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        while connections[-1] < 3 and await receive(reader):
            connections[-1] += 1
            writer.write(OK)

    async def main() -> list[Receipt]:
        async with (
            serving(answer) as url,
            AsyncClient(base_url=url, transport=AiohttpCarrier(), retries=0) as client,
        ):
            receipts = []
            for _ in range(5):
                receipts.append(await client.send_batch(CONVERSATION, BODY))
                await asyncio.sleep(0)
            return receipts

    assert asyncio.run(main()) == [Receipt(("",))] * 5
    assert sum(connections) == 5
    assert connections[0] == 3


def test_an_answer_without_an_end_is_cut() -> None:
    """What is not read to its end takes its connection along, and the next one works."""
    answers = [OK.replace(b"Length: 2", b"Length: 99999999") + b" " * 100_000, OK]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await receive(reader):
            writer.write(answers.pop(0))

    async def main() -> Receipt:
        async with serving(answer) as url:
            carrier = AiohttpCarrier()
            client = AsyncClient(
                base_url=url, transport=carrier, retries=1, max_answer_bytes=10, rate=None
            )
            async with client:
                return await client.send_batch(CONVERSATION, BODY)

    assert asyncio.run(main()).attempts == 2


def test_a_client_that_sent_nothing_can_be_closed() -> None:
    """No connection was made, so there is none to close."""
    asyncio.run(AiohttpCarrier().aclose())
