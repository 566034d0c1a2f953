"""Small charts as inline SVG, drawn from the samples of a run. No I/O."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from operator import itemgetter

from .wording import duration, per_second

MOST_STEPS = 64
"""A chart has no more steps than this: on a phone each is still five dots wide."""

WIDTH, HEIGHT = 1000, 100

ROUND = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


def rates(points: Sequence[tuple[float, int]]) -> list[float]:
    """How fast a total grew, a second, in even steps over a whole run; empty if that is unknown.

    Args:
        points: seconds since the run began, and the total by then, which never falls; in order.
    """
    span = points[-1][0] - points[0][0] if points else 0
    if span <= 0:
        return []
    steps = min(MOST_STEPS, len(points) - 1)
    edges = (points[0][0] + span * step / steps for step in range(steps + 1))
    totals = [_interpolated(points, edge) for edge in edges]
    return [(after - before) * steps / span for before, after in pairwise(totals)]


def _interpolated(points: Sequence[tuple[float, int]], at: float) -> float:
    """The value of a line through the points."""
    right = min(max(bisect_left(points, at, key=itemgetter(0)), 1), len(points) - 1)
    (start, low), (end, high) = points[right - 1], points[right]
    share = (at - start) / (end - start) if end > start else 1.0
    return low + (high - low) * min(max(share, 0.0), 1.0)


def round_up(value: float) -> float:
    """The top of an axis that reaches the value: a round number, and not much more."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in ROUND if step * power >= value)


def chart(name: str, title: str, rates: Sequence[float], seconds: float, style: str) -> str:
    """A figure of rates over time, as HTML.

    The drawing stretches to the width there is, so its labels stand beside it, in HTML.

    Args:
        name: an id that no other chart of the page has.
        rates: a second, in even steps over the run; one at least.
        seconds: how long the run was.
        style: the CSS class that colours it.
    """
    highest = max(rates)
    top = round_up(highest)
    average = sum(rates) / len(rates)
    words = f"{per_second(average)} a second on average, {per_second(highest)} at most."
    lines = "".join(f'<path class="grid" d="M0 {y}H{WIDTH}"/>' for y in (0, HEIGHT // 2, HEIGHT))
    return f"""<figure>
<figcaption>{escape(title)}<small>{escape(words)}</small></figcaption>
<div class="chart">
<div class="y" aria-hidden="true">{_labels(per_second(top), per_second(top / 2), "0")}</div>
<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {WIDTH} {HEIGHT}"
 preserveAspectRatio="none"><title id="{name}-title">{escape(title)}</title>
<desc id="{name}-desc">{escape(words)}</desc>{lines}<path class="{style}" d="{_area(rates, top)}"/></svg>
<div class="x" aria-hidden="true">{_labels("0", duration(seconds / 2), duration(seconds))}</div>
</div>
</figure>"""


def _labels(*texts: str) -> str:
    return "".join(f"<span>{escape(text)}</span>" for text in texts)


def _area(heights: Sequence[float], top: float) -> str:
    """The path of a stepped area down to the axis."""
    step = WIDTH / len(heights)
    tops = "".join(
        f"V{HEIGHT * (1 - height / top):.2f}H{step * (index + 1):.2f}"
        for index, height in enumerate(heights)
    )
    return f"M0 {HEIGHT}{tops}V{HEIGHT}Z"
