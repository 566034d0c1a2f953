"""How many requests of an import may be under way. No I/O."""

from __future__ import annotations

import math

import httpx
from asapp_conversations.toolkit import Exchange
from attrs import define, field

SMOOTHING = 1 / 32
"""The weight of the latest answer in the mean; of some hundred answers it forgets the first."""

SLOW_ANSWERS = 2
"""So many mean deviations above the mean is how long an answer is expected to take at most."""

WAITING = 2
"""How many more than are on their way: one waits for the ledger, and one for its departure."""


@define
class AnswerTime:
    """How long answers take, smoothed as TCP does it (RFC 6298), but more slowly.

    Attributes:
        mean: seconds; None before the first answer.
        deviation: seconds, the mean of how far answers are from the mean.
    """

    mean: float | None = None
    deviation: float = 0.0

    def note(self, seconds: float) -> None:
        """Take in one answer."""
        if self.mean is None:
            self.mean, self.deviation = seconds, seconds / 2
            return
        self.deviation += SMOOTHING * (abs(seconds - self.mean) - self.deviation)
        self.mean += SMOOTHING * (seconds - self.mean)

    def under_way(self, rate: float | None) -> float:
        """How many requests are under way at so many a second (Little's law); inf without a rate."""
        if self.mean is None or rate is None:
            return math.inf
        return math.ceil(rate * (self.mean + SLOW_ANSWERS * self.deviation)) + WAITING


@define
class Window:
    """How many requests may be under way at once: no more than the pace needs, fewer in trouble.

    It begins with one and grows by one with each answer, so that a service that fails is met by
    few requests; a failure brings it back to one. While attempts fail one after the other, one
    request is tried alone and no other leaves. A refusal (429) changes nothing.

    Attributes:
        limit: never more than this.
        size: as many for now.
        failures: how many attempts have failed since the last that did not.
        probing: the one that is tried alone.
        answer_time: what the need is told from.
    """

    limit: int
    size: int = 1
    failures: int = 0
    probing: Exchange | None = None
    answer_time: AnswerTime = field(factory=AnswerTime)

    def room(self, rate: float | None) -> float:
        """How many may be under way at so many requests a second."""
        return min(self.size, self.answer_time.under_way(rate))

    def note(
        self, exchange: Exchange, outcome: httpx.Response | BaseException, seconds: float
    ) -> None:
        """Adapt to the outcome of one attempt, which took so long."""
        status = outcome.status_code if isinstance(outcome, httpx.Response) else None
        if status is None or status >= 500:
            self.failures += 1
            self.size = 1
            if self.failures > 1:
                self.probing = self.probing or exchange
            return
        self.failures = 0
        if self.probing is exchange:
            self.probing = None
        if status != 429:  # A gateway refuses faster than the service answers.
            self.size = min(self.size + 1, self.limit)
            self.answer_time.note(seconds)

    def release(self) -> None:
        """Let another one be tried: the request that was has come to its end."""
        self.probing = None
