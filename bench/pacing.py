"""How laws for the pace fare on a simulated line; how the one of the SDK was chosen.

    python bench/pacing.py

A gateway smooths 100 requests a second; requests reach it through a line that jitters, and what
became of each is heard a round trip later. Live traffic of the same product comes at random. The
laws differ in how a refusal lowers the pace and what else raises it; `Pacer` is the SDK's own.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from statistics import mean
from typing import Any, cast

import httpx
from asapp_conversations.toolkit import Clock, TaskPacer
from asapp_conversations_emulator.gateway import SpikeArrest
from attrs import define, field, frozen

SECONDS, WARM_UP, RUNS = 60.0, 5.0, 3
CAPACITY = 100.0
ANSWERS = {True: httpx.Response(200), False: httpx.Response(429)}


@frozen
class Line:
    """The way to the gateway and back, and who else is on it.

    Attributes:
        jitter: seconds that a request is late at most, on its way.
        round_trip: seconds.
        late: seconds that the sender's timer is late at most.
        tolerance: seconds by which a request may be early.
        live: requests a second of others, at random.
        ceiling: requests a second that the sender never exceeds.
    """

    jitter: float = 0.0001
    round_trip: float = 0.1
    late: float = 0.0002
    tolerance: float = 0.0
    live: float = 0.0
    ceiling: float = CAPACITY


@define
class Law:
    """A pace that follows simple rules: what an answer adds, and what a refusal takes."""

    ceiling: float
    add: float = 0.0
    grow: float = 0.0
    take: float = 0.0
    shrink: float = 0.0
    rate: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rate = self.ceiling

    def hear(self, passed: bool) -> None:
        """Adapt to one answer."""
        rate = self.rate
        rate = rate * (1 + self.grow) + self.add if passed else rate * (1 - self.shrink) - self.take
        self.rate = min(max(rate, 1.0), self.ceiling)


class OfTheSdk(TaskPacer):
    """The SDK's own law in the place of the simple ones."""

    def hear(self, passed: bool) -> None:
        """Adapt to one answer."""
        self.settle(cast("Any", None), ANSWERS[passed])


LAWS: dict[str, Callable[[float], Any]] = {
    "the SDK's": lambda ceiling: OfTheSdk(ceiling, Clock()),
    "fixed": Law,
    "+0.05, -2.45": lambda ceiling: Law(ceiling, add=0.05, take=2.45),
    "+0.05, -2.5 %": lambda ceiling: Law(ceiling, add=0.05, shrink=0.0245),
    "+0.1, -5 %": lambda ceiling: Law(ceiling, add=0.1, shrink=0.049),
    "+0.05 %, -2.5 %": lambda ceiling: Law(ceiling, grow=0.0005, shrink=0.0245),
}

LINES = {
    **{
        f"{jitter} ms of jitter, {trip} ms away": Line(jitter / 1000, trip / 1000)
        for trip in (50, 200, 500)
        for jitter in (1, 2, 5)
    },
    "even line, tolerance 1 ms": Line(tolerance=0.001),
    "5 live requests a second": Line(0.001, live=5),
    "20 live requests a second": Line(0.001, live=20),
    "5 live, ceiling 20": Line(0.001, live=5, ceiling=20),
}


def simulate(law: Any, line: Line, chance: Random) -> tuple[float, float, float]:
    """Requests a second that passed, and the shares of ours and of the live ones refused."""
    gateway = SpikeArrest(CAPACITY, line.tolerance)
    passed = refused = live = live_refused = 0
    next_live = chance.expovariate(line.live) if line.live else float("inf")
    events: list[tuple[float, int, bool | None]] = [(0.0, 0, None)]
    arrivals: list[float] = []
    number = 0
    while events[0][0] < SECONDS:
        now, _, answer = heapq.heappop(events)
        if answer is not None:
            law.hear(answer)
            continue
        number += 1
        following = now + 1 / law.rate + chance.uniform(0, line.late)
        heapq.heappush(events, (following, number, None))
        heapq.heappush(arrivals, now + line.round_trip / 2 + chance.uniform(0, line.jitter))
        # Whatever leaves later arrives later than this.
        while arrivals and arrivals[0] < following + line.round_trip / 2:
            arrival = heapq.heappop(arrivals)
            while next_live < arrival:
                live += 1
                live_refused += not gateway.lets_through(next_live)
                next_live += chance.expovariate(line.live)
            ok = gateway.lets_through(arrival)
            number += 1
            heapq.heappush(events, (arrival + line.round_trip / 2, number, ok))
            if arrival > WARM_UP:
                passed, refused = passed + ok, refused + (not ok)
    return passed / (SECONDS - WARM_UP), refused / (passed + refused), live_refused / max(live, 1)


def main() -> None:
    for words, line in LINES.items():
        print(words)
        for name, law in LAWS.items():
            runs = [simulate(law(line.ceiling), line, Random(seed)) for seed in range(RUNS)]
            stored, refused, live = (mean(values) for values in zip(*runs, strict=True))
            others = f", {live:.0%} of the live ones" if line.live else ""
            print(f"    {name:16} {stored:5.1f} pass a second, {refused:5.1%} refused{others}")


if __name__ == "__main__":
    main()
