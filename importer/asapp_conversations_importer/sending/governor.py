"""What lets each request of an import leave: window, daily limit, ledger, pace."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import httpx
from asapp_conversations.toolkit import AsyncGate, Clock, Exchange
from attrs import define

from ..ledger.days import day_of, next_day
from .outcomes import Withheld
from .stops import Stop, StoppedBy

NO_ANSWER = "no answer"


class RequestBook(Protocol):
    """Where departures are noted; the ledger is one."""

    def count_request(self, day: str, number: int = 1) -> None: ...

    def requests_on(self, day: str) -> int: ...

    async def flushed(self) -> None: ...


@define
class Window:
    """How many requests may be on their way at once.

    It begins with one and grows by one with each answer, so that a service that refuses or fails
    is met by few requests; trouble brings it back to one. While ASAPP answers 429, or attempts
    fail one after the other, one request is tried alone and nothing else leaves.

    Attributes:
        limit: never more than this.
        size: as many for now.
        failures: how many attempts have failed since the last that did not.
        probing: the one that is tried alone.
    """

    limit: int
    size: int = 1
    failures: int = 0
    probing: Exchange | None = None

    def has_room(self, exchange: Exchange, in_flight: int) -> bool:
        """Whether an attempt of that exchange may leave while so many others are on their way."""
        may_try = self.probing is None or self.probing is exchange
        return may_try and in_flight < self.size

    def note(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Adapt to the outcome of one attempt."""
        status = outcome.status_code if isinstance(outcome, httpx.Response) else None
        limited = status == 429
        failed = status is None or status >= 500
        if not (limited or failed):
            self.failures = 0
            self.size = min(self.size + 1, self.limit)
            if self.probing is exchange:
                self.probing = None
            return
        self.failures += failed
        self.size = 1
        if limited or self.failures > 1:
            self.probing = self.probing or exchange

    def release(self) -> None:
        """Let another one be tried: the request that was has come to its end."""
        self.probing = None


class Governor:
    """The gate of an import; see `asapp_conversations.toolkit.AsyncGate`.

    Args:
        pace: spaces the departures evenly.
        book: notes each departure before it happens.
        concurrency: how many requests may be on their way at once.
        daily_limit: requests in a UTC day, or None.
        wait: whether to sleep through a pause instead of stopping.
        clock: where the time comes from.

    Attributes:
        stop: why no further attempt leaves, once none does.
        on_stop: called once when that begins.
        paused: the pause that is being slept through.
        requests: how many attempts have left.
        retries: how many of them were not the first of their request.
        answers: how many had each status, or no answer.
    """

    def __init__(
        self,
        pace: AsyncGate,
        book: RequestBook,
        *,
        concurrency: int,
        daily_limit: int | None,
        wait: bool,
        clock: Clock,
    ) -> None:
        self.stop: Stop | None = None
        self.on_stop: Callable[[], object] = lambda: None
        self.paused: Stop | None = None
        self.requests = 0
        self.retries = 0
        self.answers: Counter[str] = Counter()
        self._pace = pace
        self._book = book
        self._window = Window(concurrency)
        self._daily_limit = daily_limit
        self._wait = wait
        self._clock = clock
        self._in_flight = 0
        self._changed = asyncio.Event()
        self._stopped = asyncio.Event()

    async def admit(self, exchange: Exchange) -> None:
        """Wait until this attempt may leave; `Withheld` when it may not any more."""
        while not self.stop and not self._window.has_room(exchange, self._in_flight):
            await self._changed.wait()
        self._in_flight += 1
        try:
            day = await self._take_from_daily_limit(exchange)
            await self._book.flushed()
            await self._pace.admit(exchange)
            # Who was counted in time may still leave when the daily limit is reached.
            if self.stop and self.stop.by is not StoppedBy.DAILY_LIMIT:
                self._book.count_request(day, -1)
                raise Withheld(outcome_unknown=exchange.outcome_unknown)
        except BaseException:
            self._leave()
            raise
        self.requests += 1
        self.retries += exchange.attempts > 0

    async def _take_from_daily_limit(self, exchange: Exchange) -> str:
        while True:
            await self._sit_out_pause()
            if self.stop:
                raise Withheld(outcome_unknown=exchange.outcome_unknown)
            now = self._clock.time()
            day = day_of(now)
            if self._daily_limit is None or self._book.requests_on(day) < self._daily_limit:
                self._book.count_request(day)
                return day
            self.end(Stop(StoppedBy.DAILY_LIMIT, next_day(now)))

    async def _sit_out_pause(self) -> None:
        while (pause := self.paused) and pause.until is not None and not self.stop:
            if pause.until <= self._clock.time():
                self.paused = None
            else:
                await self.sleep(pause.until - self._clock.time())

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Take note of the outcome of an attempt."""
        self._window.note(exchange, outcome)
        self.answers[
            str(outcome.status_code) if isinstance(outcome, httpx.Response) else NO_ANSWER
        ] += 1
        self._leave()

    def _leave(self) -> None:
        self._in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def give_up(self) -> None:
        """Take note of a request that has failed with all its retries."""
        self._window.release()
        self._wake()

    def end(self, stop: Stop) -> None:
        """Let no further attempt leave: until the pause is over if it may be waited for."""
        self._window.release()
        if self._wait and stop.until is not None:
            self.paused = self.paused or stop
        elif self.stop is None:
            self.stop = stop
            self._stopped.set()
            self.on_stop()
        self._wake()

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._clock.time()

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than the run goes on."""
        waits = [
            asyncio.ensure_future(self._clock.sleep_async(seconds)),
            asyncio.create_task(self._stopped.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
