"""httpx clients that carry every request through pacing, authentication and retry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx

from .auth import Credentials, TaskCredentials, ThreadCredentials, origin
from .errors import InvalidRequestError
from .exchange import Exchange, Resend
from .options import USER_AGENT, Overrides, Settings
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .spec import load_document


class Session(httpx.Client):
    """Sends through `pool`, which owns the connections and may serve several sessions."""

    def __init__(
        self,
        settings: Settings,
        pool: httpx.Client,
        credentials: ThreadCredentials,
        gate: Gate | None = None,
    ) -> None:
        # The pool sends; a transport that cannot spares the cost of a second TLS context.
        super().__init__(
            base_url=settings.base_url,
            headers=_headers(settings),
            timeout=settings.timeout,
            transport=httpx.BaseTransport(),
        )
        self.settings = settings
        self._pool = pool
        self._credentials = credentials
        self._gate = gate or ThreadPacer(settings.rate, settings.clock)

    def derive(self, overrides: Overrides) -> Self:
        """A session with other settings over the same connections and credentials."""
        gate = None if "rate" in overrides else self._gate
        if gate is None and not isinstance(self._gate, ThreadPacer):
            raise InvalidRequestError("rate= would switch off the gate of this client")
        settings = self.settings.with_overrides(overrides)
        return type(self)(settings, self._pool, self._credentials, gate)

    def close_connections(self) -> None:
        """Close the pool, which other sessions may share."""
        self._pool.close()

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        request.read()
        own = origin(request.url) == origin(self.settings.base_url)
        exchange = _begin(self.settings, request, renewable=own and self._credentials.renewable)
        credentials = self._credentials.get() if own else None
        while True:
            self._gate.admit(exchange)
            verdict = exchange.judge(self._attempt(exchange, credentials))
            if not isinstance(verdict, Resend):
                return verdict
            if verdict.renew_credentials:
                credentials = self._credentials.get(refused=credentials)
            self.settings.clock.sleep(verdict.wait)

    def _attempt(
        self, exchange: Exchange, credentials: Credentials | None
    ) -> httpx.Response | httpx.RequestError:
        outcome: httpx.Response | httpx.RequestError
        try:
            with _signed(exchange.request, credentials):
                outcome = self._pool.send(exchange.request, auth=None, follow_redirects=False)
        except httpx.RequestError as error:
            outcome = error
        except BaseException as error:
            self._gate.settle(exchange, error)
            raise
        self._gate.settle(exchange, outcome)
        return outcome


class AsyncSession(httpx.AsyncClient):
    """The async twin of `Session`."""

    def __init__(
        self,
        settings: Settings,
        pool: httpx.AsyncClient,
        credentials: TaskCredentials,
        gate: AsyncGate | None = None,
    ) -> None:
        super().__init__(
            base_url=settings.base_url,
            headers=_headers(settings),
            timeout=settings.timeout,
            transport=httpx.AsyncBaseTransport(),
        )
        self.settings = settings
        self._pool = pool
        self._credentials = credentials
        self._gate = gate or TaskPacer(settings.rate, settings.clock)

    def derive(self, overrides: Overrides) -> Self:
        """A session with other settings over the same connections and credentials."""
        gate = None if "rate" in overrides else self._gate
        if gate is None and not isinstance(self._gate, TaskPacer):
            raise InvalidRequestError("rate= would switch off the gate of this client")
        settings = self.settings.with_overrides(overrides)
        return type(self)(settings, self._pool, self._credentials, gate)

    async def close_connections(self) -> None:
        """Close the pool, which other sessions may share."""
        await self._pool.aclose()

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        await request.aread()
        own = origin(request.url) == origin(self.settings.base_url)
        exchange = _begin(self.settings, request, renewable=own and self._credentials.renewable)
        credentials = await self._credentials.get() if own else None
        while True:
            await self._gate.admit(exchange)
            verdict = exchange.judge(await self._attempt(exchange, credentials))
            if not isinstance(verdict, Resend):
                return verdict
            if verdict.renew_credentials:
                credentials = await self._credentials.get(refused=credentials)
            await self.settings.clock.sleep_async(verdict.wait)

    async def _attempt(
        self, exchange: Exchange, credentials: Credentials | None
    ) -> httpx.Response | httpx.RequestError:
        outcome: httpx.Response | httpx.RequestError
        try:
            with _signed(exchange.request, credentials):
                outcome = await self._pool.send(exchange.request, auth=None, follow_redirects=False)
        except httpx.RequestError as error:
            outcome = error
        except BaseException as error:
            self._gate.settle(exchange, error)
            raise
        self._gate.settle(exchange, outcome)
        return outcome


def _headers(settings: Settings) -> httpx.Headers:
    headers = httpx.Headers({"User-Agent": USER_AGENT})
    headers.update(settings.headers)
    return headers


def _begin(settings: Settings, request: httpx.Request, *, renewable: bool) -> Exchange:
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    path = path.removeprefix(settings.base_url.path.rstrip("/"))
    operation = load_document().match(request.method, path)
    return Exchange(request, operation, settings.policy, settings.clock, renewable)


@contextmanager
def _signed(request: httpx.Request, credentials: Credentials | None) -> Iterator[None]:
    """Puts the keys on a request for as long as it is on its way, and takes them off again."""
    if credentials:
        request.headers.update(credentials.headers())
    try:
        yield
    finally:
        for name in load_document().key_headers.values():
            request.headers.pop(name, None)
