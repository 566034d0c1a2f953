"""What a client shares with its copies: the connections, and the keys in force."""

from __future__ import annotations

import os
import threading
from typing import TypeVar

import anyio
import anyio.lowlevel
import httpx

from .addresses import environment_proxy
from .auth import AsyncCredentialsProvider, Credentials, CredentialsProvider, ask, ask_async
from .errors import InvalidRequestError

Proxy = str | httpx.URL | httpx.Proxy
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Session:
    """The connections and keys of a client for threads."""

    def __init__(
        self, transport: httpx.BaseTransport, source: Credentials | CredentialsProvider
    ) -> None:
        self.transport = transport
        self.source = source
        self._keys: Credentials | None = None
        self._turn = threading.Lock()
        self._closed = False
        self._process = os.getpid()

    def keys(self, refused: Credentials | None = None) -> Credentials:
        """The keys in force; asks the provider if there are none but the refused ones."""
        _check_usable(self._closed, self._process)
        with self._turn:
            if self._keys is None or self._keys is refused:
                self._keys = ask(self.source)
            return self._keys

    def close(self) -> None:
        self._closed = True
        self.transport.close()


class AsyncSession:
    """The async twin; it belongs to the event loop that it is first used in."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, source: Credentials | AsyncCredentialsProvider
    ) -> None:
        self.transport = transport
        self.source = source
        self._keys: Credentials | None = None
        self._turn = anyio.Lock()
        self._closed = False
        self._process = os.getpid()
        self._loop: object = None

    async def keys(self, refused: Credentials | None = None) -> Credentials:
        """The keys in force; asks the provider if there are none but the refused ones."""
        _check_usable(self._closed, self._process)
        self._check_loop()
        async with self._turn:
            if self._keys is None or self._keys is refused:
                self._keys = await ask_async(self.source)
            return self._keys

    async def aclose(self) -> None:
        self._closed = True
        self._check_loop()
        await self.transport.aclose()

    def _check_loop(self) -> None:
        loop = anyio.lowlevel.current_token()
        self._loop = self._loop or loop
        if self._loop != loop:
            raise InvalidRequestError(
                "nothing was sent: an AsyncClient belongs to the event loop in which it was first "
                "used; make one in each, with `async with AsyncClient(…)`"
            )


def _check_usable(closed: bool, process: int) -> None:
    if closed:
        raise InvalidRequestError("nothing was sent: the client is closed")
    if process != os.getpid():
        # Two processes on one connection would take each other's answers.
        raise InvalidRequestError(
            "nothing was sent: this client was made in another process; make one in each"
        )


def open_transport(
    kind: type[TransportT], base_url: httpx.URL, own: TransportT | None, proxy: Proxy | None
) -> TransportT:
    """The user's own transport, or httpx's, through the given proxy or the environment's."""
    base: type = kind.__mro__[1]
    if own is not None:
        if not isinstance(own, base):
            raise TypeError(f"transport must be an httpx.{base.__name__}")
        if proxy is not None:
            raise InvalidRequestError("transport= would ignore proxy=: give it to the transport")
        return own
    try:
        return kind(proxy=proxy or environment_proxy(base_url))  # type: ignore[call-arg]
    except (AttributeError, ImportError, OSError, TypeError, ValueError, httpx.InvalidURL) as error:
        # The error's own words may quote the password of a proxy.
        raise InvalidRequestError(
            f"no connection can be made ({type(error).__name__}): check proxy=, or the variables "
            "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from None
