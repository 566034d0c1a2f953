"""Runs the stand-in: in a thread of this process, or in the foreground."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, Self

import uvicorn

from .app import create_app
from .store import Store

API_ID = "sandbox-id"
API_SECRET = "sandbox-secret"


class SandboxServer:
    """The stand-in on a free port of the loopback interface, as a context manager.

    Attributes:
        store: what it holds.
        api_id: the key that it takes.
        api_secret: the secret that goes with it; others are refused.
    """

    def __init__(self, port: int = 0) -> None:
        self.store = Store()
        self.api_id = API_ID
        self.api_secret = API_SECRET
        self._socket = listen("127.0.0.1", port)
        self._server = uvicorn.Server(configure(self.store, (API_ID, API_SECRET)))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        """The base URL for clients."""
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    def messages(self, conversation_id: str) -> list[Any]:
        """The messages of a conversation, in the order in which they came."""
        return list(self.store.conversations.get(conversation_id, ()))

    def stats(self) -> dict[str, Any]:
        """Counts of what it holds and of what it was asked."""
        return self.store.stats()

    def __enter__(self) -> Self:
        # The socket listens already: who connects before the thread runs only waits.
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def serve(host: str = "127.0.0.1", port: int = 0) -> None:
    """Run the stand-in until it is interrupted; `OSError` when the port is taken."""
    with listen(host, port) as listening:
        bound_host, bound_port = listening.getsockname()[:2]
        print(f"http://{bound_host}:{bound_port} takes any keys; Ctrl-C ends it", flush=True)  # noqa: T201
        with suppress(KeyboardInterrupt):
            uvicorn.Server(configure(Store())).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections from now on."""
    listening = socket.create_server((host, port), backlog=2048)
    # asyncio sets this only on sockets that name their protocol; without it each answer waits
    # some 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def configure(store: Store, keys: tuple[str, ...] | None = None) -> uvicorn.Config:
    """uvicorn without logs, which would be noise, and without a wait at the end."""
    return uvicorn.Config(
        create_app(store, keys),
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
