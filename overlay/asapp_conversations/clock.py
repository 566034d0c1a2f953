"""Time and chance, in one value that can be replaced."""

from __future__ import annotations

import random as chance
import time as system
from collections.abc import Awaitable, Callable

from attrs import frozen

from .steps import for_tasks


def sleep_async(seconds: float) -> Awaitable[None]:
    """Wait that many seconds in a task."""
    waiting: Awaitable[None] = for_tasks().sleep(seconds)
    return waiting


@frozen
class Clock:
    """Where the time comes from and how it is waited for; hand in another one in tests.

    Attributes:
        monotonic: seconds that never go backwards.
        time: seconds since 1970-01-01 UTC.
        sleep: waits that many seconds in a thread.
        sleep_async: waits that many seconds in a task.
        random: a number from 0 to 1, for jitter.
    """

    monotonic: Callable[[], float] = system.monotonic
    time: Callable[[], float] = system.time
    sleep: Callable[[float], None] = system.sleep
    sleep_async: Callable[[float], Awaitable[None]] = sleep_async
    random: Callable[[], float] = chance.random
