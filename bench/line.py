"""A server that stores nothing, at the end of a line with a gateway; it has a process of its own.

What it answers is decided by the emulator's gateway, from the times at which requests come.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import cast

from asapp_conversations_emulator.gateway import SharedLine, SpikeArrest
from attrs import define, frozen

STORED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2"
    b"\r\n\r\n{}"
)


@frozen
class Line:
    """The way to the server.

    Attributes:
        rate: requests a second that the gateway lets through, evenly; None is no limit.
        tolerance: seconds by which a request may be early.
        away: seconds from a request to its answer.
        jitter: seconds that a request is late at most when it reaches the gateway.
        live: requests a second of others.
        quota: how many requests are let through in all, or None.
    """

    rate: float | None = None
    tolerance: float = 0.0
    away: float = 0.0
    jitter: float = 0.0
    live: float = 0.0
    quota: int | None = None


@define
class Seen:
    """What has come by now: ours stored and refused, and how many were under way at a refusal."""

    stored: int = 0
    refused: int = 0
    live: int = 0
    live_refused: int = 0


class Gateway:
    """Decides about each request that comes."""

    def __init__(self, line: Line) -> None:
        self.line, self.seen = line, Seen()
        spikes = SpikeArrest(line.rate, line.tolerance)
        self._way = SharedLine(spikes, line.jitter, line.live)

    def answer(self) -> bytes:
        """The answer to a request that comes now."""
        quota = self.line.quota
        if (quota is None or self.seen.stored < quota) and self._way.lets_through(time.monotonic()):
            self.seen.stored += 1
            return STORED
        self.seen.refused += 1
        return REFUSED

    def look(self) -> Seen:
        """What has come by now."""
        self.seen.live, self.seen.live_refused = self._way.live, self._way.live_refused
        return self.seen


class Answering(asyncio.Protocol):
    """One connection; requests are told apart by their length."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._received) < end + 4 + length:
                return
            del self._received[: end + 4 + length]
            answer, away = self._gateway.answer(), self._gateway.line.away
            if away:
                asyncio.get_running_loop().call_later(away, self._transport.write, answer)
            else:
                self._transport.write(answer)


def serve(pipe: Connection, line: Line) -> None:
    """Serve until the other end of the pipe is closed; tell what was seen when asked."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        gateway = Gateway(line)
        server = await loop.create_server(lambda: Answering(gateway), "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ended = asyncio.Event()

        def tell() -> None:
            try:
                pipe.recv()
                pipe.send(gateway.look())
            except EOFError:
                loop.remove_reader(pipe.fileno())
                ended.set()

        loop.add_reader(pipe.fileno(), tell)
        await ended.wait()

    asyncio.run(main())


class Server:
    """The server as the bench sees it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url: str = pipe.recv()

    def seen(self) -> Seen:
        """What has come by now."""
        self._pipe.send(None)
        return cast("Seen", self._pipe.recv())


@contextmanager
def serving(line: Line) -> Iterator[Server]:
    """A server in a process of its own."""
    apart = multiprocessing.get_context("spawn")
    ours, theirs = apart.Pipe()
    process = apart.Process(target=serve, args=(theirs, line), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Server(ours)
    finally:
        ours.close()
        process.join()
