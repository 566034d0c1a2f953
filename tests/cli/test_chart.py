"""The charts of the page."""

from __future__ import annotations

import re

import pytest
from asapp_conversations_importer.cli.chart import MOST_STEPS, chart, rates, round_up
from hypothesis import given
from hypothesis import strategies as st


@given(
    st.lists(st.tuples(st.floats(0.01, 1e5), st.integers(0, 10**6)), max_size=300),
    st.floats(0, 10),
)
def test_rates_lose_nothing(steps: list[tuple[float, int]], begin: float) -> None:
    """The steps of a chart add up to what was counted, however uneven the samples are."""
    points, at, messages = [(begin, 0)], begin, 0
    for seconds, more in steps:
        at, messages = at + seconds, messages + more
        points.append((at, messages))
    heights = rates(points)
    assert len(heights) == min(len(steps), MOST_STEPS)
    assert all(height >= 0 for height in heights)
    seconds_a_step = (at - begin) / max(len(heights), 1)
    assert sum(heights) * seconds_a_step == pytest.approx(messages, rel=1e-6, abs=1e-6)


def test_rates_of_samples_at_the_same_time() -> None:
    """Two samples of one moment make a jump, and no division by zero."""
    assert rates([(0.0, 0), (5.0, 5), (5.0, 6), (6.0, 8)]) == [1.0, 1.0, 2.0]


@given(st.floats(1e-6, 1e9))
def test_axis_is_round_and_near(value: float) -> None:
    """The top of an axis reaches the value, and at most double it is left empty."""
    assert value <= round_up(value) <= 2 * value
    assert round_up(0.0) == 1.0


def test_chart_is_drawn_to_scale() -> None:
    """A stepped area goes up to each rate's share of the top, and back to the axis."""
    html = chart("x", "a <title>", [50.0, 100.0, 0.0, 25.0], 4.0, "taken")
    drawn = re.findall(r'<path class="taken" d="([^"]+)"', html)
    assert drawn == [
        "M0 100V50.00H250.00V0.00H500.00V100.00H750.00V75.00H1000.00V100Z",
    ]
    assert "a &lt;title&gt;" in html
    assert "44 a second on average, 100 at most." in html
