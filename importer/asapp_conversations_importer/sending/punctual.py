"""An event loop whose timers are punctual, for departures that are to be even."""

from __future__ import annotations

import asyncio
import select
import selectors

LARGEST = 1023
"""The largest file descriptor that select takes (FD_SETSIZE)."""


class PunctualSelector(selectors.DefaultSelector):
    """Waits to the microsecond, where epoll rounds a wait up to whole milliseconds.

    The set of files that epoll or kqueue watches is a file itself, and select can wait for it.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        watched = getattr(self, "fileno", lambda: LARGEST + 1)()
        if timeout is not None and timeout > 0 and watched <= LARGEST:
            select.select([watched], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def punctual_loop() -> asyncio.AbstractEventLoop:
    """A new event loop."""
    return asyncio.SelectorEventLoop(PunctualSelector())
