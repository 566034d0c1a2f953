"""httpx transports that carry every request through pacing, authentication, retry and errors.

A transport is httpx's own extension point: above it stands httpx's client as it is, whose hooks,
cookies and tracers see one call; below it, a tracer sees each attempt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
from attrs import frozen

from .addresses import origin
from .answers import AnswerReader
from .auth import Credentials, TaskCredentials, ThreadCredentials
from .connections import AsyncConnections, Connections
from .errors import AsappError, InvalidRequestError
from .exchange import Exchange
from .options import Settings
from .pacing import AsyncGate, Gate
from .retry import RetryPolicy
from .spec import IDEMPOTENT_METHODS, load_document

IN_DOUBT = "asapp_in_doubt"
"""In `httpx.Request.extensions`: whether an earlier call may have carried this request out."""

ANSWERED = "asapp_answered"
"""In `httpx.Request.extensions`: whether this very request was answered already."""


@frozen(eq=False)
class AsappTransport(httpx.BaseTransport):
    """Sends for threads until there is an answer to hand out; raises `AsappError` otherwise.

    The keys go on a copy of the request, which no caller, hook or error sees.

    Attributes:
        settings: how it sends.
        connections: what carries it, shared by the copies of a client.
        credentials: the keys in force, shared in the same way.
        gate: lets each attempt leave.
        owner: whether closing it closes the connections.
    """

    settings: Settings
    connections: Connections
    credentials: ThreadCredentials
    gate: Gate
    owner: bool = True

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the retries allow."""
        self.connections.check()
        request.read()
        exchange = _begin(self.settings, request, renewable=self.credentials.renewable)
        with _telling_the_outcome(exchange):
            credentials = self.credentials.get()
            while True:
                self.gate.admit(exchange)
                verdict = exchange.judge(self._attempt(exchange, credentials))
                if isinstance(verdict, httpx.Response):
                    request.extensions[ANSWERED] = True
                    return verdict
                if verdict.renew_credentials:
                    credentials = self.credentials.get(refused=credentials)
                self.settings.clock.sleep(verdict.wait)
                self.connections.check()

    def _attempt(self, exchange: Exchange, credentials: Credentials) -> httpx.Response | Exception:
        outcome: httpx.Response | Exception
        try:
            outcome = self._send(exchange.request, credentials)
        except BaseException as error:
            without_frames(error)
            if not isinstance(error, Exception):
                self.gate.settle(exchange, error)
                raise
            outcome = error
        self.gate.settle(exchange, outcome)
        return outcome

    def _send(self, request: httpx.Request, credentials: Credentials) -> httpx.Response:
        clock, limit = self.settings.clock, _time_limit(request)
        deadline = clock.monotonic() + limit
        timeouts = _TimeLeft(
            request.extensions.get("timeout", {}), lambda: deadline - clock.monotonic()
        )
        response = self.connections.transport.handle_request(
            _signed(request, credentials, timeouts)
        )
        reader = AnswerReader(response, self.settings.max_answer_bytes)
        try:
            for chunk in response.stream:  # type: ignore[union-attr]
                if not reader.take(chunk):
                    break
                if clock.monotonic() > deadline:
                    raise httpx.ReadTimeout(_too_long(limit))
        except (httpx.TransportError, OSError):
            if response.is_success:
                raise
            reader.break_off()
        finally:
            response.stream.close()  # type: ignore[union-attr]
        return reader.answer(request)

    def close(self) -> None:
        """Close the connections, unless they belong to the client that this one is a copy of."""
        if self.owner:
            self.connections.close()


@frozen(eq=False)
class AsyncAsappTransport(httpx.AsyncBaseTransport):
    """The async twin of `AsappTransport`."""

    settings: Settings
    connections: AsyncConnections
    credentials: TaskCredentials
    gate: AsyncGate
    owner: bool = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the retries allow."""
        self.connections.check()
        await request.aread()
        exchange = _begin(self.settings, request, renewable=self.credentials.renewable)
        with _telling_the_outcome(exchange):
            credentials = await self.credentials.get()
            while True:
                await self.gate.admit(exchange)
                verdict = exchange.judge(await self._attempt(exchange, credentials))
                if isinstance(verdict, httpx.Response):
                    request.extensions[ANSWERED] = True
                    return verdict
                if verdict.renew_credentials:
                    credentials = await self.credentials.get(refused=credentials)
                await self.settings.clock.sleep_async(verdict.wait)
                self.connections.check()

    async def _attempt(
        self, exchange: Exchange, credentials: Credentials
    ) -> httpx.Response | Exception:
        outcome: httpx.Response | Exception
        try:
            outcome = await self._send(exchange.request, credentials)
        except BaseException as error:
            without_frames(error)
            if not isinstance(error, Exception):
                self.gate.settle(exchange, error)
                raise
            outcome = error
        self.gate.settle(exchange, outcome)
        return outcome

    async def _send(self, request: httpx.Request, credentials: Credentials) -> httpx.Response:
        limit = _time_limit(request)
        reader: AnswerReader | None = None
        with anyio.move_on_after(limit) as scope:
            response = await self.connections.transport.handle_async_request(
                _signed(request, credentials, request.extensions.get("timeout", {}))
            )
            reader = AnswerReader(response, self.settings.max_answer_bytes)
            try:
                async for chunk in response.stream:  # type: ignore[union-attr]
                    if not reader.take(chunk):
                        break
            except (httpx.TransportError, OSError):
                if response.is_success:
                    raise
                reader.break_off()
            finally:
                await response.stream.aclose()  # type: ignore[union-attr]
        if reader is None or (scope.cancelled_caught and reader.response.is_success):
            raise httpx.ReadTimeout(_too_long(limit))
        if scope.cancelled_caught:
            reader.break_off()
        return reader.answer(request)

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client that this one is a copy of."""
        if self.owner:
            await self.connections.aclose()


def without_frames(error: BaseException) -> None:
    """Take the frames off an error and its causes, for their locals hold keys and messages."""
    error.__traceback__ = None
    for link in (error.__cause__, error.__context__):
        if link is not None and link.__traceback__ is not None:
            without_frames(link)


class _TimeLeft(dict[str, float | None]):
    """The timeouts of an attempt, none of which is longer than what is left of its time.

    httpcore looks one up when it begins to connect, to write, to read the head and to read the
    body; so an attempt that was slow to leave has less time to be answered.
    """

    def __init__(self, timeouts: Mapping[str, float | None], seconds_left: Callable[[], float]):
        super().__init__(timeouts)
        self._seconds_left = seconds_left

    def get(self, key: str, default: Any = None) -> Any:
        timeout = super().get(key, default)
        return timeout if timeout is None else max(0.001, min(timeout, self._seconds_left()))


def _time_limit(request: httpx.Request) -> float:
    """Seconds that an attempt may take by the wall clock."""
    limit = request.extensions.get("timeout", {}).get("read")
    return math.inf if limit is None else float(limit)


def _begin(settings: Settings, request: httpx.Request, *, renewable: bool) -> Exchange:
    if origin(request.url) != settings.origin:
        raise InvalidRequestError(
            f"nothing was sent: this client sends to {settings.base_url} alone; use another httpx "
            f"client for {request.url.host}"
        )
    if ANSWERED in request.extensions and request.method.lower() not in IDEMPOTENT_METHODS:
        raise InvalidRequestError(
            "nothing was sent: this request was answered already; an auth= of several steps would "
            "send it again, so give credentials= to the client instead"
        )
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    return Exchange(
        request,
        load_document().match(request.method, path.removeprefix(settings.path_prefix)),
        RetryPolicy(settings.retries, settings.max_wait, settings.total_timeout),
        settings.clock,
        renewable,
        outcome_unknown=request.extensions.get(IN_DOUBT, False),
    )


@contextmanager
def _telling_the_outcome(exchange: Exchange) -> Iterator[None]:
    """Lets every error of ours say whether an attempt may have been carried out."""
    try:
        yield
    except AsappError as error:
        error.outcome_unknown = error.outcome_unknown or exchange.outcome_unknown
        raise


def _signed(
    request: httpx.Request, credentials: Credentials, timeouts: Mapping[str, float | None]
) -> httpx.Request:
    """A copy of the request that has the keys."""
    keys = [(name.encode(), value.encode()) for name, value in credentials.headers().items()]
    names = {name.lower() for name, _ in keys}
    return httpx.Request(
        request.method,
        request.url,
        headers=[*(pair for pair in request.headers.raw if pair[0].lower() not in names), *keys],
        stream=request.stream,
        extensions={**request.extensions, "timeout": timeouts},
    )


def _too_long(limit: float) -> str:
    return f"no whole answer within {limit:g} s"
