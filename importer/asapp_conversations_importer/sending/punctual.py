"""An event loop whose timers are punctual, for departures that are to be even."""

from __future__ import annotations

import asyncio
import select
import selectors
import time

LARGEST = 1023
"""The largest file descriptor that select takes (FD_SETSIZE)."""

NEAR = 0.001
"""Seconds before a timer in which nothing else is begun: to take in an answer would make it late."""


class PunctualSelector(selectors.DefaultSelector):
    """Waits to the microsecond, where epoll rounds a wait up to whole milliseconds.

    The set of files that epoll or kqueue watches is a file itself, and select can wait for it.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        watched = getattr(self, "fileno", lambda: LARGEST + 1)()
        if timeout is not None and timeout > 0 and watched <= LARGEST:
            due = time.monotonic() + timeout
            select.select([watched], [], [], timeout)
            left = due - time.monotonic()
            if left < NEAR:
                time.sleep(max(0.0, left))
                return []
            timeout = 0
        return super().select(timeout)


def punctual_loop() -> asyncio.AbstractEventLoop:
    """A new event loop."""
    return asyncio.SelectorEventLoop(PunctualSelector())
