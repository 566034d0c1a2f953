"""What lets each attempt leave; by default evenly, never closer than the rate allows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import anyio

from .clock import Clock

if TYPE_CHECKING:
    import httpx

    from .retry import Exchange


class Gate(Protocol):
    """Lets the attempts of a client's threads leave, and hears what became of them."""

    def admit(self, exchange: Exchange) -> None:
        """Wait until this attempt may leave; what it raises reaches the caller unchanged.

        `exchange` tells of the attempts before: how many, and whether one may have arrived.
        """

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Take note of the outcome of the attempt that was admitted, once for each.

        The outcome is an answer, an `httpx.RequestError` where none came, or whatever else ended
        the attempt: a cancellation, Ctrl-C.
        """


class AsyncGate(Protocol):
    """The async twin of `Gate`; `settle` is a plain function, for a cancelled task cannot wait."""

    async def admit(self, exchange: Exchange) -> None: ...

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None: ...


class Pacer:
    """Hands out departures; the plain arithmetic behind both waiters below."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self.clock = clock
        self._interval = 1 / rate if rate else 0.0
        self._next = float("-inf")
        self._thread_turn = threading.Lock()
        self._task_turn = anyio.Lock()

    def claim(self) -> float:
        """Take the departure that is free now and return 0, or the seconds to wait.

        The interval counts from the departure itself, not from when it was due: a waiter that
        wakes late never makes the next request leave too soon after its own.
        """
        now = self.clock.monotonic()
        if now < self._next:
            return self._next - now
        self._next = now + self._interval
        return 0.0

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Nothing: the pace does not depend on the outcome."""


class ThreadPacer(Pacer):
    """Lets the threads of a client pass one by one."""

    def admit(self, exchange: Exchange) -> None:
        with self._thread_turn:
            while delay := self.claim():
                self.clock.sleep(delay)


class TaskPacer(Pacer):
    """Lets the tasks of a client pass one by one, first come, first served."""

    async def admit(self, exchange: Exchange) -> None:
        async with self._task_turn:
            while delay := self.claim():
                await self.clock.sleep_async(delay)
