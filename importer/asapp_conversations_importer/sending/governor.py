"""What lets each request of an import leave: places, daily limit, ledger, pace, refusals."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import httpx
from asapp_conversations.toolkit import Clock, Exchange, TaskPacer
from attrs import frozen

from ..ledger.days import day_of, next_day
from .outcomes import Withheld
from .places import Places
from .refusals import Refusals, names_quota
from .stops import Stop, StoppedBy, limit_returns
from .window import Window

NO_ANSWER = "no answer"
REFUSED = "429"


class RequestBook(Protocol):
    """Where departures are noted; the ledger is one."""

    def count_request(self, day: str, number: int = 1) -> None: ...

    def requests_on(self, day: str) -> int: ...

    async def flushed(self) -> None: ...


class PacedBy(StrEnum):
    """Why no more requests leave than do."""

    CEILING = "ceiling"
    REFUSALS = "refusals"
    CONCURRENCY = "concurrency"
    FAILURES = "failures"
    LIMIT = "limit"


@frozen
class Departure:
    """One attempt on its way.

    Attributes:
        number: how many had left by then, itself included.
        at: when it would have left if there were no pace, in seconds of the monotonic clock.
    """

    number: int
    at: float


class Governor:
    """The gate of an import; see `asapp_conversations.toolkit.AsyncGate`.

    Whoever wants to send a request takes a place first, with `take_place`. Its first attempt has
    that place, and each further one waits for another; the outcome of an attempt gives it back.

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
        pace: TaskPacer,
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
        self._refusals = Refusals()
        self._places = Places(self._room, lambda: self._window.probing)
        self._departures: dict[Exchange, Departure] = {}
        self._daily_limit = daily_limit
        self._wait = wait
        self._clock = clock
        self._stirred = asyncio.Event()
        self._stopped = asyncio.Event()

    @property
    def pace(self) -> float | None:
        """Requests a second that may leave now; None if nothing limits them."""
        return self._pace.rate

    @property
    def paced_by(self) -> PacedBy:
        """Why no more leave."""
        window, ceiling = self._window, self._pace.ceiling
        needed = window.answer_time.under_way(self._pace.rate)
        if self._refusals.closed:
            return PacedBy.LIMIT
        if window.failures:
            return PacedBy.FAILURES
        if self._pace.rate is None or ceiling is None or window.limit < needed:
            return PacedBy.CONCURRENCY
        return PacedBy.CEILING if self._pace.rate == ceiling else PacedBy.REFUSALS

    def _room(self) -> float:
        if self.stop:
            return math.inf  # for whoever waits to hear of it
        return 1 if self._refusals.closed else self._window.room(self._pace.rate)

    async def take_place(self, *, begun: bool) -> bool:
        """Wait until one more request is needed under way; False when none is any more.

        What is `begun`, a conversation of which something was sent, comes before what is not.
        """
        while not self.stop and (left := self._pause_left()):
            await self.sleep(left)
        await self._places.take(begun=begun)
        if self.stop:
            self._places.give_back()
        return not self.stop

    def give_place_back(self) -> None:
        """Take note that there was nothing to send."""
        self._places.give_back()

    async def admit(self, exchange: Exchange) -> None:
        """Wait until this attempt may leave; `Withheld` when it may not, or not before a pause ends."""
        if exchange.attempts:
            await self._places.take(exchange)
        try:
            day = await self._take_from_daily_limit(exchange)
            began = self._clock.monotonic()
            await self._book.flushed()
            flushed = self._clock.monotonic()
            await self._wait_for_departure(exchange, day)
        except BaseException:
            self._places.give_back()
            raise
        self.requests += 1
        self.retries += exchange.attempts > 0
        if self.paused and self.paused.by is StoppedBy.RATE_LIMIT:
            self.paused = None
        # What the ledger takes is a part of how long a request is under way.
        at = self._clock.monotonic() - (flushed - began)
        self._departures[exchange] = Departure(self._refusals.depart(), at)

    async def _take_from_daily_limit(self, exchange: Exchange) -> str:
        while True:
            if self.stop or self._pause_left():
                raise Withheld(outcome_unknown=exchange.outcome_unknown)
            now = self._clock.time()
            day = day_of(now)
            if self._daily_limit is None or self._book.requests_on(day) < self._daily_limit:
                self._book.count_request(day)
                return day
            self.end(Stop(StoppedBy.DAILY_LIMIT, next_day(now)))

    def _pause_left(self) -> float:
        """Seconds until the pause is over; 0 if there is none."""
        if self.paused is None or self.paused.until is None:
            return 0.0
        left = self.paused.until - self._clock.time()
        if left <= 0:
            self.paused = None
        return max(0.0, left)

    async def _wait_for_departure(self, exchange: Exchange, day: str) -> None:
        while True:
            await self._pace.admit(exchange)
            # Who was counted in time may still leave when the daily limit is reached.
            if self.stop and self.stop.by is not StoppedBy.DAILY_LIMIT:
                self._book.count_request(day, -1)
                raise Withheld(outcome_unknown=exchange.outcome_unknown)
            wait = self._refusals.wait(len(self._departures), self._clock.monotonic())
            if not wait:
                return
            await self._first_of(wait, self._stirred)

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Take note of the outcome of an attempt."""
        departure, now = self._departures.pop(exchange), self._clock.monotonic()
        status = outcome.status_code if isinstance(outcome, httpx.Response) else None
        self.answers[str(status or NO_ANSWER)] += 1
        self._window.note(exchange, outcome, now - departure.at)
        if isinstance(outcome, httpx.Response) and status == 429:
            self._note_refused(exchange, outcome, departure.number)
        elif status is not None and status < 500:
            self._refusals.note_passed(departure.number)
        if not self._refusals.closed:
            self._pace.settle(exchange, outcome)
        self._stir()
        self._places.give_back()

    def _note_refused(self, exchange: Exchange, refusal: httpx.Response, number: int) -> None:
        exchange.pardoned += 1
        now = self._clock.time()
        if names_quota(refusal):
            why = "its gateway says that the quota is used up"
        else:
            self._refusals.note_refused(number, self._clock.monotonic())
            if not self._refusals.certain:
                return
            why = "it refuses each request, however far apart they are"
        until = limit_returns(now, None)
        self.end(Stop(StoppedBy.RATE_LIMIT, until, f"ASAPP answers {REFUSED}: {why}"))

    def give_up(self) -> None:
        """Take note of a request that has failed with all its retries."""
        self._window.release()
        self._places.hand_out()

    def end(self, stop: Stop) -> None:
        """Let no further attempt leave: until the pause is over if it may be waited for."""
        self._window.release()
        if stop.by is StoppedBy.RATE_LIMIT and stop.until is not None:
            self._refusals.rest(self._clock.monotonic() + stop.until - self._clock.time())
        if self._wait and stop.until is not None:
            self.paused = self.paused or stop
        elif self.stop is None:
            self.stop = stop
            self._stopped.set()
            self.on_stop()
        self._stir()
        self._places.hand_out()

    def now(self) -> float:
        """The time in seconds since 1970."""
        return self._clock.time()

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than the run goes on."""
        await self._first_of(seconds, self._stopped)

    def _stir(self) -> None:
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def _first_of(self, seconds: float, event: asyncio.Event) -> None:
        waits = [
            asyncio.ensure_future(self._clock.sleep_async(seconds)),
            asyncio.create_task(event.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
