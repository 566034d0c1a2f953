"""httpx clients that carry every request through pacing, authentication and retry."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import frozen

from .auth import Credentials, TaskCredentials, ThreadCredentials, origin
from .clock import Clock
from .exchange import Exchange, Resend
from .pacing import AsyncGate, Gate
from .retry import RetryPolicy
from .spec import load_document


@frozen
class Settings:
    """What the sync and the async session have in common."""

    base_url: httpx.URL
    headers: dict[str, str]
    timeout: httpx.Timeout
    policy: RetryPolicy
    clock: Clock

    def is_own(self, url: httpx.URL) -> bool:
        """Whether a URL is of the base URL's origin, the only one that keys may go to."""
        return origin(url) == origin(self.base_url)

    def exchange(self, request: httpx.Request, *, renewable: bool) -> Exchange:
        """The life of a request that begins now."""
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        path = path.removeprefix(self.base_url.path.rstrip("/"))
        operation = load_document().match(request.method, path)
        return Exchange(request, operation, self.policy, self.clock, renewable)


class Session(httpx.Client):
    """Sends through `pool`, which owns the connections and may serve several sessions."""

    def __init__(
        self,
        settings: Settings,
        pool: httpx.Client,
        credentials: ThreadCredentials,
        gate: Gate,
    ) -> None:
        # The pool sends; a transport that cannot spares the cost of a second TLS context.
        super().__init__(
            base_url=settings.base_url,
            headers=settings.headers,
            timeout=settings.timeout,
            transport=httpx.BaseTransport(),
        )
        self._settings = settings
        self._pool = pool
        self._credentials = credentials
        self._gate = gate

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        request.read()
        own = self._settings.is_own(request.url)
        exchange = self._settings.exchange(request, renewable=own and self._credentials.renewable)
        credentials = self._credentials.get() if own else None
        while True:
            self._gate.admit(exchange)
            verdict = exchange.judge(self._attempt(exchange, credentials))
            if not isinstance(verdict, Resend):
                return verdict
            if verdict.renew_credentials:
                credentials = self._credentials.get(refused=credentials)
            self._settings.clock.sleep(verdict.wait)

    def _attempt(
        self, exchange: Exchange, credentials: Credentials | None
    ) -> httpx.Response | httpx.RequestError:
        outcome: httpx.Response | httpx.RequestError
        try:
            with _Signature(exchange.request, credentials):
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
        gate: AsyncGate,
    ) -> None:
        super().__init__(
            base_url=settings.base_url,
            headers=settings.headers,
            timeout=settings.timeout,
            transport=httpx.AsyncBaseTransport(),
        )
        self._settings = settings
        self._pool = pool
        self._credentials = credentials
        self._gate = gate

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        await request.aread()
        own = self._settings.is_own(request.url)
        exchange = self._settings.exchange(request, renewable=own and self._credentials.renewable)
        credentials = await self._credentials.get() if own else None
        while True:
            await self._gate.admit(exchange)
            verdict = exchange.judge(await self._attempt(exchange, credentials))
            if not isinstance(verdict, Resend):
                return verdict
            if verdict.renew_credentials:
                credentials = await self._credentials.get(refused=credentials)
            await self._settings.clock.sleep_async(verdict.wait)

    async def _attempt(
        self, exchange: Exchange, credentials: Credentials | None
    ) -> httpx.Response | httpx.RequestError:
        outcome: httpx.Response | httpx.RequestError
        try:
            with _Signature(exchange.request, credentials):
                outcome = await self._pool.send(exchange.request, auth=None, follow_redirects=False)
        except httpx.RequestError as error:
            outcome = error
        except BaseException as error:
            self._gate.settle(exchange, error)
            raise
        self._gate.settle(exchange, outcome)
        return outcome


class _Signature:
    """Puts the keys on a request for as long as it is on its way, and takes them off again."""

    def __init__(self, request: httpx.Request, credentials: Credentials | None) -> None:
        self._request = request
        self._credentials = credentials

    def __enter__(self) -> None:
        if self._credentials:
            self._request.headers.update(self._credentials.headers())

    def __exit__(self, *_: object) -> None:
        for name in load_document().key_headers.values():
            self._request.headers.pop(name, None)
