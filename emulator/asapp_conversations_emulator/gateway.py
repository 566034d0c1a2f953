"""What the gateway in front lets through, decided from the time that is handed in."""

from __future__ import annotations

DAY = 86_400

JITTER_TOLERANCE = 0.005
"""Seconds by which a request may be early: half a slot at ASAPP's 100 requests a second."""


class SpikeArrest:
    """Smooths: at `rate` a second, one request is let through every 1 / `rate` seconds.

    A request that comes sooner after the last one that was let through is refused. It may come
    early by `tolerance` seconds, since even pace gets uneven on its way; what came early is not
    gained, so the rate holds on average.
    """

    def __init__(self, rate: float | None, tolerance: float = JITTER_TOLERANCE) -> None:
        if rate is not None and not rate > 0:
            raise ValueError("rate must be above 0 requests a second, or None for no limit")
        if not tolerance >= 0:
            raise ValueError("tolerance must be 0 seconds or more")
        self.rate = rate
        self.tolerance = tolerance
        self._next_slot = float("-inf")

    def lets_through(self, now: float) -> bool:
        """Whether the request that comes at `now` (seconds, monotonic) passes."""
        if self.rate is None:
            return True
        if now < self._next_slot - self.tolerance:
            return False
        self._next_slot = max(now, self._next_slot) + 1 / self.rate
        return True


class DailyLimit:
    """Lets `limit` requests through a day, which begins at 00:00 UTC."""

    def __init__(self, limit: int | None) -> None:
        if limit is not None and limit < 0:
            raise ValueError("daily_limit must be 0 or more requests a day, or None for no limit")
        self.limit = limit
        self._day = -1
        self._used = 0

    def used(self, now: float) -> int:
        """How many were let through on the day of `now`, in seconds since 1970."""
        return self._used if self._day == int(now // DAY) else 0

    def lets_through(self, now: float) -> bool:
        """Whether the request that comes at `now`, in seconds since 1970, passes."""
        used = self.used(now)
        if self.limit is not None and used >= self.limit:
            return False
        self._day, self._used = int(now // DAY), used + 1
        return True
