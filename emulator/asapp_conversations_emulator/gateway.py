"""What the gateway in front lets through, decided from the time that is handed in."""

from __future__ import annotations

from random import Random

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


class SharedLine:
    """The way to a gateway, which live traffic of the same product takes as well.

    Args:
        spikes: what lets requests through at its end.
        jitter: how many seconds a request is late at most.
        live_traffic: how many live requests a second come, at random times.
        seed: of both chances.

    Attributes:
        live: how many live requests have come by the latest request.
        live_refused: how many of them were refused.
    """

    def __init__(
        self, spikes: SpikeArrest, jitter: float = 0.0, live_traffic: float = 0.0, seed: int = 0
    ) -> None:
        if not 0 <= jitter < float("inf"):
            raise ValueError("jitter must be a finite number of seconds, 0 or more")
        if not 0 <= live_traffic < float("inf"):
            raise ValueError("live_traffic must be a finite number of requests a second, 0 or more")
        if live_traffic and spikes.rate is None:
            raise ValueError("live_traffic needs a rate, which it shares with other requests")
        self.live = self.live_refused = 0
        self._spikes = spikes
        self._jitter = jitter
        self._live_traffic = live_traffic
        self._chance = Random(seed)
        self._next_live: float | None = None

    def lets_through(self, now: float) -> bool:
        """Whether the request that sets out at `now` (seconds, monotonic) passes."""
        arrival = now + self._chance.uniform(0, self._jitter)
        if self._live_traffic:
            self._let_live_traffic_come(arrival)
        return self._spikes.lets_through(arrival)

    def _let_live_traffic_come(self, until: float) -> None:
        coming = until if self._next_live is None else self._next_live
        while coming < until:
            self.live += 1
            self.live_refused += not self._spikes.lets_through(coming)
            coming += self._chance.expovariate(self._live_traffic)
        self._next_live = coming


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
