"""Requests leave evenly: never closer together than the rate allows."""

from __future__ import annotations

import threading

import anyio

from .clock import Clock


class Pacer:
    """Hands out departures; the plain arithmetic behind both waiters below."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next = float("-inf")

    def claim(self, now: float) -> float:
        """Take the departure that is free at `now` and return 0, or the seconds to wait.

        The interval counts from the departure itself, not from when it was due: a waiter that
        wakes late never makes the next request leave too soon after its own.
        """
        if now < self._next:
            return self._next - now
        self._next = now + self._interval
        return 0.0


class ThreadPacer:
    """Lets the threads of a client pass one by one."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._pacer = Pacer(rate) if rate else None
        self._gate = threading.Lock()
        self._clock = clock

    def wait(self) -> None:
        if self._pacer:
            with self._gate:
                while delay := self._pacer.claim(self._clock.monotonic()):
                    self._clock.sleep(delay)


class TaskPacer:
    """Lets the tasks of a client pass one by one, first come, first served."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._pacer = Pacer(rate) if rate else None
        self._gate = anyio.Lock()
        self._clock = clock

    async def wait(self) -> None:
        if self._pacer:
            async with self._gate:
                while delay := self._pacer.claim(self._clock.monotonic()):
                    await self._clock.sleep_async(delay)
