"""httpx transports that carry every request through pacing, authentication, retry and errors.

A transport is httpx's own extension point: above it stands httpx's client as it is, whose hooks,
cookies and tracers see one call; below it, a tracer sees each attempt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
import httpx
from asapp_conversations_client.facts import OPERATIONS
from attrs import define

from .addresses import origin
from .answers import AnswerReader
from .auth import Credentials
from .errors import AsappError, InvalidRequestError
from .exchange import Exchange
from .options import Settings
from .pacing import AsyncGate, Gate
from .retry import IDEMPOTENT_METHODS
from .session import AsyncSession, Session
from .steps import Steps, run, run_async

IN_DOUBT = "asapp_in_doubt"
"""In `httpx.Request.extensions`: whether an earlier call may have carried this request out."""

ANSWERED = "asapp_answered"
"""In `httpx.Request.extensions`: whether this very request was answered already."""

SessionT = TypeVar("SessionT", Session, AsyncSession)
GateT = TypeVar("GateT", Gate, AsyncGate)


@define(eq=False, slots=False)
class _Sending(Generic[SessionT, GateT]):
    """What both transports do; the keys go on a copy of the request, which nobody else sees.

    Attributes:
        settings: how requests are sent.
        session: what carries them, and the keys; shared by the copies of a client.
        gate: lets each attempt leave.
        owner: whether closing the transport closes the session.
    """

    settings: Settings
    session: SessionT
    gate: GateT
    owner: bool = True

    def _steps(self, request: httpx.Request) -> Steps[httpx.Response]:
        """Send until there is an answer to hand out; raises `AsappError` otherwise."""
        exchange = self._begin(request)
        refused: Credentials | None = None
        try:
            while True:
                keys = yield partial(self.session.keys, refused)
                yield partial(self.gate.admit, exchange)
                try:
                    outcome = yield partial(self._send, request, keys)
                except BaseException as error:
                    without_frames(error)
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
                refused = keys if verdict.renew_credentials else None
                yield partial(self._sleep, verdict.wait)
        except AsappError as error:
            error.outcome_unknown = error.outcome_unknown or exchange.outcome_unknown
            raise

    def _begin(self, request: httpx.Request) -> Exchange:
        settings, method = self.settings, request.method
        if origin(request.url) != settings.origin:
            raise InvalidRequestError(
                f"nothing was sent: this client sends to {settings.base_url} alone; use another "
                f"httpx client for {request.url.host}"
            )
        if ANSWERED in request.extensions and method not in IDEMPOTENT_METHODS:
            error = InvalidRequestError(
                "this request was answered already and is not sent again: an auth= of several "
                "steps cannot be used, so give credentials= to the client instead"
            )
            error.outcome_unknown = True
            raise error
        if "trace" in request.extensions:
            raise InvalidRequestError("nothing was sent: a trace extension would be shown the keys")
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        path = path.removeprefix(settings.path_prefix)
        served = (each for each in OPERATIONS if each.method == method)
        return Exchange(
            request,
            next((each for each in served if each.pattern.fullmatch(path)), None),
            settings,
            renewable=callable(self.session.source),
            outcome_unknown=request.extensions.get(IN_DOUBT, False),
        )

    if TYPE_CHECKING:

        def _send(self, request: httpx.Request, keys: Credentials) -> Any: ...

        def _sleep(self, seconds: float) -> Any: ...


class AsappTransport(_Sending[Session, Gate], httpx.BaseTransport):
    """Sends for threads."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the retries allow."""
        request.read()
        return run(self._steps(request))

    def _send(self, request: httpx.Request, keys: Credentials) -> httpx.Response:
        clock, limit = self.settings.clock, _time_limit(request)
        deadline = clock.monotonic() + limit
        timeouts = _TimeLeft(request.extensions["timeout"], lambda: deadline - clock.monotonic())
        response = self.session.transport.handle_request(_signed(request, keys, timeouts))
        reader = AnswerReader(response, self.settings.max_answer_bytes)
        try:
            for chunk in response.stream:  # type: ignore[union-attr]
                if not reader.take(chunk):
                    break
                if clock.monotonic() > deadline:
                    raise _too_slow(limit)
        except (httpx.TransportError, OSError):
            if response.is_success:
                raise
            reader.break_off()
        finally:
            response.stream.close()  # type: ignore[union-attr]
        return reader.answer(request)

    def _sleep(self, seconds: float) -> None:
        self.settings.clock.sleep(seconds)

    def close(self) -> None:
        """Close the connections, unless they belong to the client that this one is a copy of."""
        if self.owner:
            self.session.close()


class AsyncAsappTransport(_Sending[AsyncSession, AsyncGate], httpx.AsyncBaseTransport):
    """Sends for tasks."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the retries allow."""
        await request.aread()
        return await run_async(self._steps(request))

    async def _send(self, request: httpx.Request, keys: Credentials) -> httpx.Response:
        limit = _time_limit(request)
        reader: AnswerReader | None = None
        with anyio.move_on_after(limit) as scope:
            signed = _signed(request, keys, request.extensions["timeout"])
            response = await self.session.transport.handle_async_request(signed)
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
        if scope.cancelled_caught:
            if reader is None or reader.response.is_success:
                raise _too_slow(limit)
            reader.break_off()
        assert reader is not None
        return reader.answer(request)

    async def _sleep(self, seconds: float) -> None:
        await self.settings.clock.sleep_async(seconds)

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client that this one is a copy of."""
        if self.owner:
            await self.session.aclose()


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

    def __init__(self, timeouts: Mapping[str, float | None], left: Callable[[], float]) -> None:
        super().__init__(timeouts)
        self._left = left

    def get(self, key: str, default: Any = None) -> Any:
        timeout = super().get(key, default)
        return timeout if timeout is None else max(0.001, min(timeout, self._left()))


def _time_limit(request: httpx.Request) -> float:
    """Seconds that an attempt may take by the wall clock."""
    limit = request.extensions["timeout"].get("read")
    return math.inf if limit is None else float(limit)


def _too_slow(limit: float) -> httpx.ReadTimeout:
    return httpx.ReadTimeout(f"no whole answer within {limit:g} s")


def _signed(
    request: httpx.Request, keys: Credentials, timeouts: Mapping[str, float | None]
) -> httpx.Request:
    """A copy of the request that has the keys."""
    added = [(name.encode(), value.encode()) for name, value in keys.headers().items()]
    names = {name.lower() for name, _ in added}
    return httpx.Request(
        request.method,
        request.url,
        headers=[*(pair for pair in request.headers.raw if pair[0].lower() not in names), *added],
        stream=request.stream,
        extensions={**request.extensions, "timeout": timeouts},
    )
