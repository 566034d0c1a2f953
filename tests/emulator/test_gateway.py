"""The gateway's limits, with the time handed in."""

from __future__ import annotations

import pytest
from asapp_conversations_emulator.gateway import DAY, DailyLimit, SharedLine, SpikeArrest


def test_spike_arrest_smooths() -> None:
    """At 10 a second, what comes sooner than 0.1 s after the last accepted one is refused."""
    spikes = SpikeArrest(10, tolerance=0)
    moments = [0.0, 0.0625, 0.125, 0.1875, 0.25, 0.5, 0.5625]
    passed = [moment for moment in moments if spikes.lets_through(moment)]
    assert passed == [0.0, 0.125, 0.25, 0.5]


def test_even_pace_passes_although_it_jitters() -> None:
    """What comes early by no more than the tolerance passes, and gains nothing by it."""
    spikes = SpikeArrest(100, tolerance=0.005)
    early = [0.01 * i - (0.004 if i % 2 else 0.0) for i in range(100)]
    assert all(map(spikes.lets_through, early))
    burst = [0.99 + 0.006 * i for i in range(1, 11)]
    assert sum(map(spikes.lets_through, burst)) == 6


def test_no_rate_lets_all_through() -> None:
    """Without a rate, any number passes at once."""
    spikes = SpikeArrest(None)
    assert all(spikes.lets_through(0.0) for _ in range(1000))


def test_daily_limit_is_back_at_midnight_utc() -> None:
    """Past the limit nothing passes until 00:00 UTC."""
    limit = DailyLimit(2)
    moments = [DAY - 3.0, DAY - 2.0, DAY - 1.0, DAY - 0.5, float(DAY), DAY + 1.0, DAY + 2.0]
    assert [limit.lets_through(moment) for moment in moments] == [
        *[True, True, False, False],
        *[True, True, False],
    ]
    assert (limit.used(DAY + 3.0), limit.used(2.0 * DAY)) == (2, 0)
    assert all(DailyLimit(None).lets_through(0.0) for _ in range(100))


@pytest.mark.parametrize(("rate", "tolerance"), [(0, 0), (-1, 0), (float("nan"), 0), (1, -1)])
def test_spike_arrest_out_of_range(rate: float, tolerance: float) -> None:
    """A rate of 0 or less, or a tolerance below 0, is refused."""
    with pytest.raises(ValueError, match=r"or more|above 0"):
        SpikeArrest(rate, tolerance)


def test_daily_limit_out_of_range() -> None:
    """A negative limit is refused."""
    with pytest.raises(ValueError, match="0 or more"):
        DailyLimit(-1)


def test_jitter_refuses_what_leaves_evenly() -> None:
    """A line that jitters makes an even pace uneven, and a strict gateway refuses a part of it."""
    departures = [0.01 * i for i in range(1000)]
    even = SharedLine(SpikeArrest(100, tolerance=0.001))
    assert all(map(even.lets_through, departures))
    shaken = SharedLine(SpikeArrest(100, tolerance=0), jitter=0.002)
    assert 500 < sum(map(shaken.lets_through, departures)) < 900


def test_an_import_takes_the_turns_of_live_traffic() -> None:
    """The faster requests come beside it, the more of the live traffic is refused."""
    refused = []
    for rate in (20, 50, 100):
        line = SharedLine(SpikeArrest(100, tolerance=0), live_traffic=5)
        passed = [line.lets_through(i / rate) for i in range(100 * rate)]
        assert not all(passed)
        assert 300 < line.live < 700
        refused.append(line.live_refused / line.live)
    assert refused == sorted(refused)
    assert refused[0] < 0.3 < refused[-1]


@pytest.mark.parametrize(
    "options",
    [
        {"jitter": -1},
        {"jitter": float("inf")},
        {"live_traffic": -1},
        {"live_traffic": float("nan")},
    ],
)
def test_line_out_of_range(options: dict[str, float]) -> None:
    """Jitter and live traffic are finite numbers, 0 or more."""
    with pytest.raises(ValueError, match="finite"):
        SharedLine(SpikeArrest(100), **options)


def test_live_traffic_needs_what_it_shares() -> None:
    """Without a rate there is nothing that live traffic could take or lose."""
    with pytest.raises(ValueError, match="rate"):
        SharedLine(SpikeArrest(None), live_traffic=5)
