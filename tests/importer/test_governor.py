"""What lets requests leave, and what holds them back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any, cast

import httpx
import pytest
from asapp_conversations.toolkit import Clock, Exchange, TaskPacer
from asapp_conversations_importer import PacedBy, StoppedBy
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
    pardoned: int = 0


def exchange(attempts: int = 0, *, unknown: bool = False) -> Exchange:
    return cast("Exchange", Attempts(attempts, unknown))


def govern(
    time: Time, book: Book | None = None, *, rate: float | None = None, **options: Any
) -> Governor:
    clock = time.clock()
    settings: dict[str, Any] = {"concurrency": 4, "daily_limit": None, "wait": False, **options}
    return Governor(TaskPacer(rate, clock), book or Book(), clock=clock, **settings)


async def leave(governor: Governor, attempts: int = 0) -> Exchange:
    """A request that is on its way; `attempts` were before."""
    leaving = exchange(attempts)
    if not attempts:
        await governor.take_place(begun=False)
    await governor.admit(leaving)
    return leaving


async def send(governor: Governor, *outcomes: httpx.Response | BaseException) -> None:
    """Requests one after the other that come to these outcomes."""
    for outcome in outcomes:
        governor.settle(await leave(governor), outcome)


async def waits(awaitable: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
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
        first = await leave(governor)
        second = await waits(leave(governor))
        governor.settle(first, OK)
        on_their_way = [await second, await leave(governor)]
        third = await waits(leave(governor))
        for one in on_their_way:
            governor.settle(one, OK)
        await third
        for _ in range(3):
            await leave(governor)
        await waits(leave(governor))

    asyncio.run(main())


def test_no_more_are_under_way_than_the_pace_needs() -> None:
    """At a low pace few requests are begun, whatever the concurrency, and none waits for nothing."""

    async def main() -> None:
        time = Time()
        governor = govern(time, rate=10, concurrency=100)
        for _ in range(200):
            leaving = await leave(governor)
            time.now += 0.25
            governor.settle(leaving, OK)
        for _ in range(5):  # 2.5 on their way, one at the ledger, one at the pace
            await leave(governor)
        await waits(leave(governor))

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [FAILED, httpx.ReadTimeout("")], ids=["503", "timeout"])
def test_trouble_brings_it_back_to_one(trouble: httpx.Response | BaseException) -> None:
    """While the service fails, one request at a time finds out whether it still does."""

    async def main() -> None:
        governor = govern(Time())
        await send(governor, OK, OK, OK, OK, OK, trouble)
        await leave(governor)
        await waits(leave(governor))

    asyncio.run(main())


def test_a_refusal_holds_back_nobody_else() -> None:
    """Spike arrest is no failure: the refused request waits its own second, others go on, and it
    uses up none of its retries."""

    async def main() -> None:
        governor = govern(Time())
        await send(governor, OK, OK, OK)
        refused, other = await leave(governor), await leave(governor)
        governor.settle(refused, LIMITED)
        await leave(governor)
        await leave(governor)
        governor.settle(other, OK)
        assert refused.pardoned == 1
        assert governor.stop is None

    asyncio.run(main())


def test_after_failures_in_a_row_one_request_is_tried() -> None:
    """One failure holds back nobody; two in a row, and the last one is tried alone until it
    succeeds or is given up."""

    async def main() -> None:
        governor = govern(Time())
        await send(governor, FAILED, FAILED)
        first, second = exchange(1), exchange(1)
        held = await waits(governor.admit(first))
        governor.give_up()
        await held
        governor.settle(first, FAILED)
        governor.give_up()
        await governor.admit(second)
        governor.settle(second, FAILED)
        held, new = await waits(governor.admit(first)), await waits(leave(governor))
        await governor.admit(second)
        governor.settle(second, OK)
        await held
        await new

    asyncio.run(main())


def test_tells_what_holds_the_pace() -> None:
    """Whoever looks on learns why no more requests leave than do."""

    async def main() -> None:
        time = Time()
        unpaced, paced = govern(time), govern(time, rate=10, concurrency=100)
        assert (unpaced.pace, unpaced.paced_by) == (None, PacedBy.CONCURRENCY)
        narrow = govern(time, rate=10, concurrency=1)
        for governor in (paced, narrow):
            await send(governor, OK)
        assert (paced.pace, paced.paced_by) == (10, PacedBy.CEILING)
        assert narrow.paced_by is PacedBy.CONCURRENCY
        await send(paced, LIMITED)
        assert paced.paced_by is PacedBy.REFUSALS
        assert paced.pace
        assert paced.pace < 10
        await send(paced, FAILED)
        assert paced.paced_by is PacedBy.FAILURES
        await send(paced, OK, *[LIMITED] * 4)
        assert paced.paced_by is PacedBy.LIMIT

    asyncio.run(main())


def test_a_place_that_is_not_waited_for_any_more_goes_to_others() -> None:
    """Whoever is cancelled while it waits, or just when it was its turn, takes no place along."""

    async def main() -> None:
        governor = govern(Time())
        first = await leave(governor)
        waiting = await waits(leave(governor))
        waiting.cancel()
        gone, granted = await waits(leave(governor)), await waits(leave(governor))
        gone.cancel()
        governor.settle(first, FAILED)
        granted.cancel()
        await asyncio.wait({waiting, gone, granted})
        await leave(governor)

    asyncio.run(main())


def test_what_is_begun_comes_before_what_is_new() -> None:
    """A conversation of which a part was sent goes on before another one begins."""

    async def main() -> None:
        governor = govern(Time())
        first = await leave(governor)
        new = await waits(governor.take_place(begun=False))
        begun = await waits(governor.take_place(begun=True))
        governor.settle(first, FAILED)
        assert await begun
        governor.give_place_back()
        assert await new

    asyncio.run(main())


def test_the_end_of_a_quota_that_nothing_names_costs_few_requests() -> None:
    """When all are refused, one is tried alone, further and further apart, and then the run
    pauses; it costs at most ten requests beyond those under way."""

    async def main() -> None:
        time = Time()
        governor = govern(time, concurrency=50)
        await send(governor, *[OK] * 50)
        under_way = [await leave(governor) for _ in range(50)]
        before = governor.requests
        tried: list[float] = []

        for each in under_way:
            governor.settle(each, LIMITED)
        while await governor.take_place(begun=False):
            leaving = exchange()
            await governor.admit(leaving)
            tried.append(time.now)
            governor.settle(leaving, LIMITED)
        assert governor.requests - before <= 10
        gaps = [later - earlier for earlier, later in pairwise(tried)]
        assert len(gaps) > 2
        assert gaps == sorted(gaps)
        assert governor.stop is not None
        assert governor.stop.by is StoppedBy.RATE_LIMIT
        assert governor.stop.until == next_day(time.now)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("words", "paused"),
    [
        (b'{"fault": {"faultstring": "Rate limit quota violation"}}', True),
        (b'{"error": {"message": "The daily limit is reached"}}', True),
        (b'{"fault": {"faultstring": "Spike arrest violation: quota 100ps"}}', False),
        (b"", False),
    ],
)
def test_a_quota_that_the_gateway_names_pauses_at_once(words: bytes, paused: bool) -> None:
    """Where the answer names the quota, no further request is spent on finding out."""

    async def main() -> None:
        governor = govern(Time())
        await send(governor, httpx.Response(429, content=words))
        assert (governor.stop is not None) == paused

    asyncio.run(main())


def test_after_a_limit_that_was_slept_through_one_request_finds_out() -> None:
    """With `wait`, who has come as far as the pace leaves only when the limit is back, and alone."""

    async def main() -> None:
        time = Time()
        governor = govern(time, wait=True, rate=1)
        await send(governor, OK, OK)
        refused = await leave(governor)
        paced = asyncio.create_task(leave(governor))
        await asyncio.sleep(0)
        governor.settle(refused, httpx.Response(429, text="quota"))
        midnight = next_day(time.now)
        assert governor.paused
        assert governor.paused.until == midnight
        first = await paced
        assert time.now >= midnight
        assert governor.paused is None
        held = await waits(leave(governor))
        governor.settle(first, OK)
        await held

    asyncio.run(main())


def test_counts_before_it_leaves() -> None:
    """Each attempt, retries too, is in the book, and durable, before it leaves."""

    async def main() -> None:
        time, book = Time(), Book()
        governor = govern(time, book)
        await send(governor, FAILED)
        governor.settle(await leave(governor, attempts=1), OK)
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
        await send(governor, OK)
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
        await send(governor, OK)
        with pytest.raises(Withheld):
            await leave(governor)
        assert time.now < midnight
        await leave(governor)
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
        await leave(governor)
        waiting = await waits(governor.admit(exchange(attempts=1)))
        new = await waits(governor.take_place(begun=False))
        governor.end(Stop(StoppedBy.INTERRUPT))
        governor.end(Stop(StoppedBy.SERVICE))
        with pytest.raises(Withheld):
            await waiting
        assert not await new
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
            await leave(stopped)
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
        with pytest.raises(Withheld):
            await leave(governor)
        assert governor.paused == Stop(StoppedBy.DAILY_LIMIT, next_day(time.now))
        waiting = await waits(governor.take_place(begun=True))
        governor.end(Stop(StoppedBy.TERMINATION))
        assert not await waiting

    asyncio.run(main())
