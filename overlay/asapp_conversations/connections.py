"""The connections of a client: shared by its copies, closed once."""

from __future__ import annotations

from typing import NoReturn, TypeVar

import anyio.lowlevel
import httpx

from .addresses import environment_proxy
from .errors import InvalidRequestError

Proxy = str | httpx.URL | httpx.Proxy
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Connections:
    """The transport that carries what a client and its copies send."""

    def __init__(
        self, base_url: httpx.URL, transport: httpx.BaseTransport | None, proxy: Proxy | None
    ) -> None:
        _check(transport, proxy, httpx.BaseTransport)
        self.transport = transport or _open(httpx.HTTPTransport, base_url, proxy)
        self._closed = False

    def check(self) -> None:
        """Raise where they can carry nothing."""
        if self._closed:
            _refuse_closed()

    def close(self) -> None:
        self._closed = True
        self.transport.close()


class AsyncConnections:
    """The async twin; it belongs to the event loop that it is first used in."""

    def __init__(
        self, base_url: httpx.URL, transport: httpx.AsyncBaseTransport | None, proxy: Proxy | None
    ) -> None:
        _check(transport, proxy, httpx.AsyncBaseTransport)
        self.transport = transport or _open(httpx.AsyncHTTPTransport, base_url, proxy)
        self._closed = False
        self._loop: object = None

    def check(self) -> None:
        """Raise where they can carry nothing."""
        if self._closed:
            _refuse_closed()
        loop = anyio.lowlevel.current_token()
        self._loop = self._loop or loop
        if self._loop != loop:
            raise InvalidRequestError(
                "nothing was sent: this AsyncClient belongs to the event loop in which it was "
                "first used; make one in each loop, with `async with AsyncClient(…)`"
            )

    async def aclose(self) -> None:
        self._closed = True
        await self.transport.aclose()


def _check(transport: object, proxy: Proxy | None, kind: type) -> None:
    if transport is None:
        return
    if not isinstance(transport, kind):
        raise TypeError(f"transport must be an httpx.{kind.__name__}")
    if proxy is not None:
        raise InvalidRequestError("transport= would ignore proxy=: give the proxy to the transport")


def _open(kind: type[TransportT], base_url: httpx.URL, proxy: Proxy | None) -> TransportT:
    """httpx's own transport, through the proxy that is given or that the environment names."""
    try:
        return kind(proxy=proxy or environment_proxy(base_url))  # type: ignore[call-arg]
    except (ImportError, OSError, TypeError, ValueError, httpx.InvalidURL) as error:
        # The error's own words may quote the password of a proxy.
        raise InvalidRequestError(
            f"no connection can be made ({type(error).__name__}): check proxy=, or the variables "
            "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from None


def _refuse_closed() -> NoReturn:
    raise InvalidRequestError("nothing was sent: the client is closed")
