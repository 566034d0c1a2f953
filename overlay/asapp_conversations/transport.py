"""httpx transports that carry every request through pacing, authentication, retry and errors.

A transport is httpx's own extension point: above it stands httpx's client as it is, whose hooks,
cookies and tracers see one call; below it, a tracer sees each attempt.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, Self

import httpx
from asapp_conversations_client.facts import BATCH, OPERATIONS
from attrs import define, field

from .answers import MAX_ERROR_BYTES, with_body
from .auth import AsyncCredentialsProvider, Credentials, ask
from .errors import AsappError, InvalidRequestError
from .options import Settings
from .pacing import AsyncGate, Gate
from .retry import IDEMPOTENT_METHODS, Exchange
from .steps import maybe_await, run, running_loop, time_limit

IN_DOUBT = "asapp_in_doubt"
"""In `httpx.Request.extensions`: whether an earlier call may have carried this request out."""

ANSWERED = "asapp_answered"
"""In `httpx.Request.extensions`: whether this very request was answered already."""

SEVERAL_STEPS = (
    "an auth= of several steps would send it again, so give credentials= to the client instead"
)


@define(eq=False, repr=False)
class Session:
    """What a client shares with its copies: the connections, and the keys in force."""

    carrier: Any
    source: Credentials | AsyncCredentialsProvider
    turn: Any
    keys: Credentials | None = None
    closed: bool = False
    process: int = field(factory=os.getpid)
    loop: object = None

    def check_usable(self, loop: object) -> None:
        """Two processes or loops on one connection would take each other's answers."""
        if self.closed:
            raise InvalidRequestError("nothing was sent: the client is closed")
        self.loop = self.loop or loop
        if (self.process, self.loop) != (os.getpid(), loop):
            raise InvalidRequestError(
                "nothing was sent: a client belongs to the process in which it was made, and an "
                "AsyncClient to the event loop in which it was first used; make one in each"
            )

    async def renew_keys(self, refused: Credentials | None) -> Credentials:
        """The keys in force, asked for again unless somebody else has just done it."""
        await maybe_await(self.turn.acquire())
        try:
            if self.keys is None or self.keys is refused:
                self.keys = await ask(self.source)
            return self.keys
        finally:
            self.turn.release()


@define(eq=False)
class AsappTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends for threads, or for the tasks of one event loop.

    The keys go on a copy of the request, which nobody else sees.
    """

    settings: Settings
    session: Session
    gate: Gate | AsyncGate
    owner: bool = True
    """Whether closing the transport closes the session, which it shares with its copies."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return run(self._exchange(request, loop=None))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return await self._exchange(request, loop=running_loop())

    def close(self) -> None:
        if self.owner:
            self.session.closed = True
            self.session.carrier.close()

    async def aclose(self) -> None:
        if self.owner:
            self.session.check_usable(running_loop())
            self.session.closed = True
            await self.session.carrier.aclose()

    async def _exchange(self, request: httpx.Request, *, loop: object) -> httpx.Response:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        exchange, clock = self._begin(request), self.settings.clock
        refused: Credentials | None = None
        try:
            while True:
                self.session.check_usable(loop)
                keys = self.session.keys
                if keys is None or keys is refused:
                    keys = await self.session.renew_keys(refused)
                keys.demand_all(exchange.operation or BATCH.operation)
                await maybe_await(self.gate.admit(exchange))
                try:
                    outcome: Any = await self._attempt(exchange, keys, loop)
                except BaseException as error:
                    _drop_frames(error)
                    self.gate.settle(exchange, error)
                    if not isinstance(error, Exception):
                        raise
                    outcome = error
                else:
                    self.gate.settle(exchange, outcome)
                verdict = exchange.judge(outcome, keys)
                if isinstance(verdict, httpx.Response):
                    request.extensions[ANSWERED] = True
                    return verdict
                refused = keys if getattr(outcome, "status_code", None) == 401 else None
                await maybe_await((clock.sleep_async if loop else clock.sleep)(verdict))
        except AsappError as error:
            error.outcome_unknown = error.outcome_unknown or exchange.outcome_unknown
            raise

    def _begin(self, request: httpx.Request) -> Exchange:
        url, base_url, method = request.url, self.settings.base_url, request.method
        if (url.scheme, url.netloc) != (base_url.scheme, base_url.netloc):
            raise InvalidRequestError(
                f"nothing was sent: this client sends to {base_url} alone; use another httpx "
                f"client for {url.host}"
            )
        if "trace" in request.extensions:
            raise InvalidRequestError("nothing was sent: a trace extension would be shown the keys")
        if ANSWERED in request.extensions and method not in IDEMPOTENT_METHODS:
            error = InvalidRequestError(f"this request was answered already: {SEVERAL_STEPS}")
            error.outcome_unknown = True
            raise error
        prefix = base_url.raw_path.rstrip(b"/")
        path = url.raw_path.partition(b"?")[0].removeprefix(prefix).decode("ascii")
        served = (each for each in OPERATIONS if each.method == method)
        return Exchange(
            request,
            next((each for each in served if each.pattern.fullmatch(path)), None),
            self.settings,
            renewable=callable(self.session.source),
            outcome_unknown=request.extensions.get(IN_DOUBT, False),
        )

    async def _attempt(self, exchange: Exchange, keys: Credentials, loop: object) -> httpx.Response:
        """Send once, and read what comes within the limits of time and length."""
        request = exchange.request
        timeouts, now = request.extensions["timeout"], self.settings.clock.monotonic
        limit = math.inf if timeouts.get("read") is None else timeouts["read"]
        deadline = now() + limit
        signed = _signed(exchange, keys, _TimeLeft(timeouts, lambda: deadline - now()))
        carrier, most = self.session.carrier, self.settings.max_answer_bytes
        response, content, broken_off = None, bytearray(), False
        try:
            async with time_limit(limit) if loop else nullcontext():
                send = carrier.handle_async_request if loop else carrier.handle_request
                response = await maybe_await(send(signed))
                if not response.is_success:
                    most = min(most, MAX_ERROR_BYTES)
                try:
                    async for chunk in response.stream if loop else _Chunks(response.stream):
                        content += chunk
                        if len(content) > most:
                            break
                        if now() > deadline:
                            raise TimeoutError
                finally:
                    stream = response.stream
                    await maybe_await((stream.aclose if loop else stream.close)())
        except (httpx.TransportError, OSError) as error:
            if response is None or response.is_success:
                if isinstance(error, TimeoutError):
                    words = f"no whole answer within {limit:g} s"
                    raise httpx.ReadTimeout(words) from None
                raise
            broken_off = True
        response.request = request
        return with_body(response, bytes(content), most, broken_off=broken_off)


class _Chunks:
    """The chunks of a stream for threads, as those of one for tasks are taken."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._rest = iter(stream)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._rest:
            return chunk
        raise StopAsyncIteration


def _drop_frames(error: BaseException) -> None:
    """Take the frames off an error and its causes, for their locals hold keys and messages."""
    error.__traceback__ = None
    for link in (error.__cause__, error.__context__):
        if link is not None and link.__traceback__ is not None:
            _drop_frames(link)


class _TimeLeft(dict[str, Any]):
    """The timeouts of an attempt, cut to what is left of its time when httpcore looks one up."""

    def __init__(self, timeouts: Mapping[str, float | None], left: Callable[[], float]) -> None:
        super().__init__(timeouts)
        self._left = left

    def get(self, key: str, default: Any = None) -> Any:
        timeout = super().get(key, default)
        return timeout if timeout is None else max(0.001, min(timeout, self._left()))


def _signed(exchange: Exchange, keys: Credentials, timeouts: _TimeLeft) -> httpx.Request:
    """A copy of the request that has the keys."""
    request = exchange.request
    url, headers = keys.sign(exchange.operation or BATCH.operation, request)
    extensions = {**request.extensions, "timeout": timeouts}
    return httpx.Request(
        request.method, url, headers=headers, stream=request.stream, extensions=extensions
    )
