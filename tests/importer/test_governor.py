"""What lets requests leave, and what holds them back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, cast

import httpx
import pytest
from asapp_conversations.toolkit import Clock, Exchange, TaskPacer
from asapp_conversations_importer import StoppedBy
from asapp_conversations_importer.sending.governor import (
    Governor,
    Stop,
    Withheld,
    day_of,
    next_day,
)
from attrs import define, field

OK = httpx.Response(200)
LIMITED = httpx.Response(429)
FAILED = httpx.Response(503)


@define
class Book:
    """Counts departures, and how often they were made durable."""

    requests: Counter[str] = field(factory=Counter)
    flushes: int = 0

    def count_request(self, day: str, number: int = 1) -> None:
        self.requests[day] += number

    def requests_on(self, day: str) -> int:
        return self.requests[day]

    async def flushed(self) -> None:
        self.flushes += 1


@define
class Time:
    """Time that passes only in sleeps."""

    now: float = 1_700_000_000.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, time=lambda: self.now, sleep_async=self.sleep)


@define(eq=False)
class Attempts:
    """What a gate is told of a request: how many attempts were before, and what they may have done."""

    attempts: int = 0
    outcome_unknown: bool = False


def exchange(attempts: int = 0, *, unknown: bool = False) -> Exchange:
    return cast("Exchange", Attempts(attempts, unknown))


def govern(time: Time, book: Book | None = None, **options: Any) -> Governor:
    clock = time.clock()
    settings: dict[str, Any] = {"concurrency": 4, "daily_limit": None, "wait": False, **options}
    return Governor(TaskPacer(None, clock), book or Book(), clock=clock, **settings)


async def waits(awaitable: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task of it that has not come to its end although all else had its turn."""
    task = asyncio.create_task(awaitable)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    return task


def test_begins_with_one() -> None:
    """Requests on their way at once grow by one with each answer, up to the concurrency."""

    async def main() -> None:
        governor = govern(Time())
        first = exchange()
        await governor.admit(first)
        second = await waits(governor.admit(exchange()))
        governor.settle(first, OK)
        await second
        await governor.admit(exchange())
        third = await waits(governor.admit(exchange()))
        for _ in range(2):
            governor.settle(first, OK)
        await third
        for _ in range(3):
            await governor.admit(exchange())
        await waits(governor.admit(exchange()))

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [FAILED, httpx.ReadTimeout("")], ids=["503", "timeout"])
def test_trouble_brings_it_back_to_one(trouble: httpx.Response | BaseException) -> None:
    """While the service fails, one request at a time finds out whether it still does."""

    async def main() -> None:
        governor = govern(Time())
        for _ in range(5):
            await governor.admit(exchange())
            governor.settle(exchange(), OK)
        await governor.admit(exchange())
        governor.settle(exchange(), trouble)
        await governor.admit(exchange())
        await waits(governor.admit(exchange()))

    asyncio.run(main())


def test_while_limited_one_request_is_tried() -> None:
    """After a 429 only that request is tried again, until it gets another answer."""

    async def main() -> None:
        governor = govern(Time())
        for _ in range(5):
            await governor.admit(exchange())
            governor.settle(exchange(), OK)
        hit, other = exchange(1), exchange(1)
        await governor.admit(hit)
        await governor.admit(other)
        governor.settle(hit, LIMITED)
        governor.settle(other, LIMITED)
        held = await waits(governor.admit(other))
        new = await waits(governor.admit(exchange()))
        await governor.admit(hit)
        governor.settle(hit, LIMITED)
        assert not held.done()
        await governor.admit(hit)
        governor.settle(hit, OK)
        await asyncio.wait({held, new}, return_when=asyncio.FIRST_COMPLETED)

    asyncio.run(main())


def test_after_failures_in_a_row_one_request_is_tried() -> None:
    """One failure holds back nobody; two in a row, and the last one is tried alone until it
    succeeds or is given up."""

    async def main() -> None:
        governor = govern(Time())
        first, second = exchange(1), exchange(1)
        await governor.admit(first)
        governor.settle(first, FAILED)
        await governor.admit(second)
        governor.settle(second, FAILED)
        held = await waits(governor.admit(first))
        await governor.admit(second)
        governor.settle(second, FAILED)
        governor.give_up()
        await held

    asyncio.run(main())


def test_counts_before_it_leaves() -> None:
    """Each attempt, retries too, is in the book, and durable, before it leaves."""

    async def main() -> None:
        time, book = Time(), Book()
        governor = govern(time, book)
        await governor.admit(exchange())
        governor.settle(exchange(), FAILED)
        await governor.admit(exchange(attempts=1))
        governor.settle(exchange(), OK)
        assert book.requests == {day_of(time.now): 2}
        assert book.flushes == 2
        assert (governor.requests, governor.retries) == (2, 1)
        assert governor.answers == {"503": 1, "200": 1}

    asyncio.run(main())


def test_daily_limit_stops() -> None:
    """At the daily limit nothing more leaves, and the stop says when the limit comes back."""

    async def main() -> None:
        time, book = Time(), Book()
        book.count_request(day_of(time.now), 9)
        governor = govern(time, book, daily_limit=10)
        await governor.admit(exchange())
        governor.settle(exchange(), OK)
        with pytest.raises(Withheld) as held:
            await governor.admit(exchange(attempts=1, unknown=True))
        assert held.value.outcome_unknown
        assert governor.stop == Stop(StoppedBy.DAILY_LIMIT, next_day(time.now))
        assert book.requests_on(day_of(time.now)) == 10

    asyncio.run(main())


def test_daily_limit_is_slept_through() -> None:
    """With `wait`, the first request of the next UTC day leaves when that day begins."""

    async def main() -> None:
        time = Time()
        midnight = next_day(time.now)
        governor = govern(time, daily_limit=1, wait=True)
        await governor.admit(exchange())
        governor.settle(exchange(), OK)
        await governor.admit(exchange())
        assert time.now == midnight
        assert governor.stop is None
        assert governor.paused is None

    asyncio.run(main())


def test_stop_holds_back_who_waits() -> None:
    """A stop wakes whoever waits for room or sleeps, and what was not sent is not counted."""

    async def main() -> None:
        time, book = Time(), Book()
        governor = govern(time, book)
        stops: list[int] = []
        governor.on_stop = lambda: stops.append(1)
        await governor.admit(exchange())
        waiting = await waits(governor.admit(exchange()))
        governor.end(Stop(StoppedBy.INTERRUPT))
        governor.end(Stop(StoppedBy.SERVICE))
        with pytest.raises(Withheld):
            await waiting
        assert governor.stop == Stop(StoppedBy.INTERRUPT)
        assert stops == [1]
        assert book.requests == {day_of(time.now): 1}

    asyncio.run(main())


def test_stop_while_paced_gives_the_count_back() -> None:
    """A request that was stopped while it waited for its turn has not used the daily limit."""

    async def main() -> None:
        time, book = Time(), Book()
        governor = govern(time, book)

        class Stopping(TaskPacer):
            async def admit(self, exchange: Exchange) -> None:
                governor.end(Stop(StoppedBy.INTERRUPT))

        stopped = Governor(
            Stopping(None, time.clock()),
            book,
            concurrency=1,
            daily_limit=5,
            wait=False,
            clock=time.clock(),
        )
        governor = stopped
        with pytest.raises(Withheld):
            await stopped.admit(exchange())
        assert book.requests == {day_of(time.now): 0}

    asyncio.run(main())


def test_interrupt_ends_a_pause() -> None:
    """Ctrl-C during a pause of hours ends the run at once."""

    async def main() -> None:
        time = Time()
        forever = asyncio.Event()

        async def never(seconds: float) -> None:
            await forever.wait()

        clock = Clock(monotonic=lambda: time.now, time=lambda: time.now, sleep_async=never)
        governor = Governor(
            TaskPacer(None, clock), Book(), concurrency=1, daily_limit=0, wait=True, clock=clock
        )
        waiting = await waits(governor.admit(exchange()))
        assert governor.paused == Stop(StoppedBy.DAILY_LIMIT, next_day(time.now))
        governor.end(Stop(StoppedBy.TERMINATION))
        with pytest.raises(Withheld):
            await waiting

    asyncio.run(main())
