"""A server of raw bytes, for the tests of what the clients do with answers that nobody expects."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import httpx
import pytest
from asapp_conversations import AsyncClient, Client, Stored, agent
from asapp_conversations.toolkit import Clock
from documented import CONVERSATION, SUCCESS

Step = bytes | float | Callable[[socket.socket], object]
Script = Iterable[Step] | Callable[[], Iterable[Step]]

Kind = type[Client] | type[AsyncClient]
both = pytest.mark.parametrize("kind", [Client, AsyncClient])

SOON = httpx.Timeout(0.2, connect=30)
"""Time for an attempt that is to end by it, but not by the time to connect."""

MESSAGES = [agent("a text that nobody else writes", "agent-1", "2024-03-04T08:00:00Z")]


STATUS_LINE = f"HTTP/1.1 {SUCCESS} Some Words\r\n".encode()
"""How an answer begins that says that all is stored."""


def hang_up(connection: socket.socket) -> None:
    """A step: say no more on this connection."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """A step: drop the connection as a machine does that was restarted."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(status: int = SUCCESS, body: bytes = b"{}", *headers: str) -> bytes:
    """A whole answer; `headers` are lines, and one of them may give another length."""
    lines = [f"HTTP/1.1 {status} Some Words", *headers]
    if not any(line.lower().startswith("content-length") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def repeated(*steps: Step) -> Callable[[], Iterator[Step]]:
    """A script that goes on until the client has had enough."""

    def script() -> Iterator[Step]:
        while True:
            yield from steps

    return script


class HostileServer:
    """Answers each request with the next of its scripts, and with the last one from then on.

    A script is a row of bytes to send, seconds to wait and functions of the connection.

    Attributes:
        heads: of the requests that came, as they came.
        bodies: of these requests, as they came.
        ports: from which these requests came, one for each connection.
        left: is set once a client has closed its connection.
    """

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.ports: list[int] = []
        self.left = threading.Event()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.netloc}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *args: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _start(self, target: Callable[..., object], *args: object) -> None:
        self._threads.append(threading.Thread(target=target, args=args))
        self._threads[-1].start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    pending += self._receive(connection)
                head, _, pending = pending.partition(b"\r\n\r\n")
                length = _content_length(head)
                while len(pending) < length:
                    pending += self._receive(connection)
                self.bodies.append(pending[:length])
                self.ports.append(connection.getpeername()[1])
                self.heads.append(head)
                pending = pending[length:]
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                for step in script() if callable(script) else script:
                    self._play(connection, step)

    def _play(self, connection: socket.socket, step: Step) -> None:
        if callable(step):
            step(connection)
        elif isinstance(step, bytes):
            connection.sendall(step)
        else:
            self._over.wait(step)
        if self._over.is_set():
            raise OSError

    def _receive(self, connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        if not data:
            self.left.set()
            raise OSError
        return data


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class Patience:
    """A clock that tells the time, but never waits."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def clock(self) -> Clock:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return Clock(sleep=self.waits.append, sleep_async=sleep, random=lambda: 0.0)


class Session:
    """A client of either kind, whose calls the tests write in the same way."""

    def __init__(self, kind: Kind, **options: Any) -> None:
        options = {"rate": None, "clock": Patience().clock(), **options}
        self.client: Any = kind(**options)
        self._runner = asyncio.Runner() if kind is AsyncClient else None

    @property
    def httpx(self) -> Any:
        """The httpx client underneath."""
        if self._runner:
            return self.client.get_async_httpx_client()
        return self.client.get_httpx_client()

    def run(self, result: Any) -> Any:
        """What a method of the client returned, awaited where it has to be."""
        return self._runner.run(result) if self._runner else result

    def create(self, messages: Any = None, client: Any = None, **options: Any) -> Stored:
        """One call of `create_messages`, on a copy of the client if one is given."""
        messages = MESSAGES if messages is None else messages
        stored = self.run(
            (client or self.client).create_messages(CONVERSATION, messages, **options)
        )
        assert isinstance(stored, Stored)
        return stored

    def close(self) -> None:
        self.run(self.client.aclose() if self._runner else self.client.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()
        if self._runner:
            self._runner.close()


def create(kind: Kind, messages: Any = None, **options: Any) -> Stored:
    """One call of `create_messages` by a client that is closed then; it never waits to resend."""
    call = {name: options.pop(name) for name in ("conflict_is_stored",) if name in options}
    with Session(kind, **options) as session:
        return session.create(messages, **call)


@contextmanager
def serving(*scripts: Script) -> Iterator[HostileServer]:
    """A server that is gone, with all its threads, at the end."""
    with HostileServer(*scripts) as server:
        yield server


@contextmanager
def nobody() -> Iterator[str]:
    """The URL of a port that refuses every connection, and is nobody else's meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
