"""Places for requests under way, handed out first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from asapp_conversations.toolkit import Exchange

Waiter = tuple[asyncio.Future[None], Exchange | None]


class Places:
    """Hands out as many places as there is room for.

    Args:
        room: how many may be taken now.
        alone: the request that alone may take one, if there is such a one.

    Attributes:
        taken: how many are.
    """

    def __init__(self, room: Callable[[], float], alone: Callable[[], Exchange | None]) -> None:
        self.taken = 0
        self._room = room
        self._alone = alone
        self._begun: deque[Waiter] = deque()
        self._new: deque[Waiter] = deque()

    async def take(self, exchange: Exchange | None = None, *, begun: bool = True) -> None:
        """Wait for a place; what is begun comes before what is new, and is held in memory less."""
        line = self._begun if begun else self._new
        waiter = asyncio.get_running_loop().create_future(), exchange
        line.append(waiter)
        self.hand_out()
        try:
            await waiter[0]
        except asyncio.CancelledError:
            if waiter in line:
                line.remove(waiter)
            elif not waiter[0].cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Leave a place to others."""
        self.taken -= 1
        self.hand_out()

    def hand_out(self) -> None:
        """Hand out what there is room for by now."""
        for line in (self._begun, self._new):
            while line and self.taken < self._room():
                alone = self._alone()
                waiter = next((each for each in line if alone in (None, each[1])), None)
                if waiter is None:
                    break
                line.remove(waiter)
                if not waiter[0].cancelled():
                    self.taken += 1
                    waiter[0].set_result(None)
