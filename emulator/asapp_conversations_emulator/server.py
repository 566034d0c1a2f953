"""Runs the emulator in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Self, Unpack

import uvicorn
from asapp_conversations import AsyncClient, Client, Credentials
from asapp_conversations.toolkit import KEY_VARIABLES
from asapp_conversations_client.contracts import CONTRACTS, Contracts
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .asgi import EmulatorApp
from .control import create_control
from .faults import Fault
from .journal import Request
from .service import Behaviour, Service
from .store import Store

EMULATOR_KEYS = Credentials(
    **{name: f"emulator-{name.removeprefix('api_')}" for name in KEY_VARIABLES}
)


class Emulator:
    """The emulator on a port of this machine, as a context manager.

    Every method may be called from any thread. What it holds and what it was asked can still be
    read when it has ended.

    Args:
        port: the port to listen on; by default a free one.
        host: the interface to listen on; loopback by default.
        credentials: the only keys that it accepts; None accepts any.
        store: a SQLite file that outlives it; in memory by default.
        contracts: what it serves; by default what the document of the installed client says.
        behaviour: `rate`, `daily_limit`, `faults` and the like; `Behaviour` explains each.

    Raises:
        ValueError: an argument is out of range, or the store is something else.
        OSError: the port is taken (when it is entered).
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        credentials: Credentials | None = EMULATOR_KEYS,
        store: Path | str | None = None,
        contracts: Contracts = CONTRACTS,
        **behaviour: Unpack[Behaviour],
    ) -> None:
        self.credentials = credentials or EMULATOR_KEYS
        self._address = (host, port)
        self._service = Service(
            contracts,
            Store(store),
            credentials,
            **behaviour,
        )
        self._clients: list[Client] = []

    @property
    def api_id(self) -> str:
        """The API id that it accepts."""
        return self.credentials.api_id

    @property
    def api_secret(self) -> str:
        """The secret that goes with it."""
        return self.credentials.api_secret

    @property
    def url(self) -> str:
        """The base URL for clients on this machine."""
        host, port = self._address
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point a client at this emulator."""
        keys = {it: self.credentials.value(name) for name, it in KEY_VARIABLES.items()}
        return {**keys, "ASAPP_BASE_URL": self.url}

    def client(self, **options: Any) -> Client:
        """A client of this emulator, which is closed with it; the options are those of `Client`."""
        client = Client(credentials=self.credentials, base_url=self.url, **options)
        self._clients.append(client)
        return client

    def async_client(self, **options: Any) -> AsyncClient:
        """The same for an async client, which `async with` closes."""
        return AsyncClient(credentials=self.credentials, base_url=self.url, **options)

    @property
    def requests(self) -> list[Request]:
        """The last requests that have ended, oldest first."""
        with self._service.lock:
            return list(self._service.journal.requests)

    def messages(self, conversation_id: str) -> list[Any]:
        """The messages of a conversation as they were sent, in the order in which they came."""
        with self._service.lock:
            return self._service.store.messages(conversation_id) or []

    def conversations(self) -> dict[str, int]:
        """How many messages each conversation has, latest first."""
        with self._service.lock:
            return self._service.store.conversations()

    def stats(self) -> dict[str, Any]:
        """Exact counts of what it holds and of the requests that have ended."""
        return self._service.stats()

    def fail_next(
        self, fault: str | int | Fault, count: int = 1, conversation_id: str | None = None
    ) -> None:
        """Let the next `count` requests meet a fault: of one conversation, or of any."""
        self._service.fail_next(fault, count, conversation_id)

    def set_time(self, moment: datetime) -> None:
        """Let its clock go on from this time; UTC where it has no zone."""
        self._service.set_time(moment)

    def reset(self) -> None:
        """Forget what it holds and what it was asked; faults are again those of the start."""
        self._service.reset()

    def start(self) -> None:
        """Listen; on the same port as before when it was stopped."""
        listening = _listen(*self._address)
        self._address = listening.getsockname()[:2]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="emulator", daemon=True
        )
        # The socket listens already: who connects before the thread runs only waits.
        self._thread.start()

    def stop(self) -> None:
        """Cut every connection and refuse new ones, until it is started again."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        if self._thread.is_alive():
            self.stop()

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        application = EmulatorApp(self._service, create_control(self._service))
        config = uvicorn.Config(
            application,
            log_config=None,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            # No connection ends by itself while a client may be about to use it again.
            timeout_keep_alive=3600,
        )
        config.load()
        state = ServerState()
        server = await self._loop.create_server(
            lambda: _Connection(config=config, server_state=state, app_state={}), sock=listening
        )
        await self._stop.wait()
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()


class _Connection(HttpToolsProtocol):
    """Gives the application its transport, and logs no requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {"transport": transport}
        self.access_log = False
        super().connection_made(transport)


def _listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections from now on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    # asyncio sets this only on sockets that name their protocol; without it each answer waits
    # some 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
