"""What lets each attempt leave; by default evenly, at a pace that the service's refusals set."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from .clock import Clock
from .steps import for_tasks

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


STEP_UP = 0.025  # requests a second more, for each answer that came through the gateway
STEP_DOWN = 0.0125  # the share by which the pace falls with each refusal
SLOWEST = 1.0  # requests a second


class Pacer:
    """Hands out departures; the plain arithmetic behind both waiters below.

    A gateway that smooths refuses what comes a little too soon, and every line jitters; so a
    refusal (429) lowers the pace, and any other answer raises it. Near 100 requests a second it
    settles where about 2 % are refused; `bench/pacing.py` compares this law with others.

    Attributes:
        ceiling: requests a second, never exceeded; None does not pace at all.
        rate: the pace, in requests a second.
    """

    def __init__(self, ceiling: float | None, clock: Clock) -> None:
        self.clock = clock
        self.ceiling = self.rate = ceiling
        self._next = float("-inf")

    def claim(self) -> float:
        """Take the departure that is free now and return 0, or the seconds to wait.

        The interval counts from the departure itself, not from when it was due: a waiter that
        wakes late never makes the next request leave too soon after its own.
        """
        now = self.clock.monotonic()
        if now < self._next:
            return self._next - now
        self._next = now + (1 / self.rate if self.rate else 0.0)
        return 0.0

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Listen: adapt the pace to an answer; a failure says nothing about it."""
        if not (self.ceiling and self.rate) or isinstance(outcome, BaseException):
            return
        # Two threads at once may lose a step, which does no harm.
        if outcome.status_code == 429:
            self.rate = max(self.rate * (1 - STEP_DOWN), min(SLOWEST, self.ceiling))
        elif outcome.status_code < 500:
            self.rate = min(self.rate + STEP_UP, self.ceiling)


class ThreadPacer(Pacer):
    """Lets the threads of a client pass one by one."""

    def __init__(self, ceiling: float | None, clock: Clock) -> None:
        super().__init__(ceiling, clock)
        self._turn = threading.Lock()

    def admit(self, exchange: Exchange) -> None:
        with self._turn:
            while delay := self.claim():
                self.clock.sleep(delay)


class TaskPacer(Pacer):
    """Lets the tasks of a client pass one by one, first come, first served."""

    def __init__(self, ceiling: float | None, clock: Clock) -> None:
        super().__init__(ceiling, clock)
        self._turn = for_tasks().Lock(fast_acquire=True)

    async def admit(self, exchange: Exchange) -> None:
        if self.ceiling is None:
            return
        async with self._turn:
            while delay := self.claim():
                await self.clock.sleep_async(delay)
