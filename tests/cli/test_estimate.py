"""What is left of an import, in requests, seconds and days."""

from __future__ import annotations

from datetime import datetime

import pytest
from asapp_conversations_importer import ImportReport
from asapp_conversations_importer.cli.estimate import Estimate, estimate, estimate_rest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

HOUR = 3_600
DAY = 24 * HOUR


def at(text: str) -> float:
    return datetime.fromisoformat(text + "Z").timestamp()


NOON = at("2026-11-24T12:00:00")
MIDNIGHT = at("2026-11-25T00:00:00")


def test_nothing_left() -> None:
    """Without a request there is nothing to wait for, whatever the limit."""
    assert estimate(0, now=NOON, daily_limit=0) == Estimate(0, 0, NOON)


def test_rate_alone() -> None:
    """Without a daily limit the rate tells it all."""
    assert estimate(1_000, now=NOON, rate=100.0) == Estimate(1_000, 1, NOON + 10)


@pytest.mark.parametrize("rate", [None, 0.0])
def test_neither_rate_nor_limit(rate: float | None) -> None:
    """Without a rate and a limit only the requests are known."""
    assert estimate(5, now=NOON, rate=rate) == Estimate(5, None, None)


def test_limit_without_rate() -> None:
    """A limit alone tells the days, and no time."""
    assert estimate(21, now=NOON, daily_limit=10, used_today=0) == Estimate(21, 3, None)
    assert estimate(10, now=NOON, daily_limit=10, used_today=0) == Estimate(10, 1, None)


def test_limit_used_up() -> None:
    """When today's quota is used up, or more than that, the first request leaves at midnight."""
    for used in (1_000, 1_200):
        left = estimate(500, now=NOON, rate=100.0, daily_limit=1_000, used_today=used)
        assert left == Estimate(500, 1, MIDNIGHT + 5)


def test_days_of_quota() -> None:
    """What today's quota does not cover takes a day for each further quota."""
    left = estimate(2_300, now=NOON, rate=100.0, daily_limit=1_000, used_today=600)
    assert left == Estimate(2_300, 3, MIDNIGHT + DAY + 9)


def test_exact_days_of_quota() -> None:
    """A rest that fits its days exactly takes no day more."""
    left = estimate(2_400, now=NOON, rate=100.0, daily_limit=1_000, used_today=600)
    assert left == Estimate(2_400, 3, MIDNIGHT + DAY + 10)


def test_across_midnight() -> None:
    """Without a limit midnight makes no difference to the end, and is a day more."""
    begins = MIDNIGHT - 10
    assert estimate(1_000, now=begins, rate=100.0) == Estimate(1_000, 1, begins + 10)
    assert estimate(2_000, now=begins, rate=100.0) == Estimate(2_000, 2, begins + 20)


def test_quota_that_the_day_is_too_short_for() -> None:
    """Just before midnight the rate decides how much of today's quota can still be used."""
    left = estimate(1_500, now=MIDNIGHT - 5, rate=100.0, daily_limit=1_000)
    assert left == Estimate(1_500, 2, MIDNIGHT + 10)


def test_limit_of_nothing() -> None:
    """A limit of 0 never lets a request leave, and no day ends it."""
    assert estimate(5, now=NOON, rate=100.0, daily_limit=0) == Estimate(5, None, None)


@given(
    requests=st.integers(1, 5_000),
    rate=st.integers(1, 20),
    limit=st.integers(1, 3_000),
    used=st.integers(0, 4_000),
    until_midnight=st.integers(1, 500),
)
def test_estimate_agrees_with_counting(
    requests: int, rate: int, limit: int, used: int, until_midnight: int
) -> None:
    """The formula tells what sending second by second would show."""
    second, left, days = MIDNIGHT - until_midnight, requests, set[float]()
    free = max(limit - used, 0)
    while left:
        if second >= MIDNIGHT and (second - MIDNIGHT) % DAY == 0:
            free = limit
        now_sent = min(rate, free, left)
        if not now_sent:
            second = MIDNIGHT + ((second - MIDNIGHT) // DAY + 1) * DAY
            continue
        days.add((second - MIDNIGHT) // DAY)
        left, free, second = left - now_sent, free - now_sent, second + 1
    result = estimate(
        requests, now=MIDNIGHT - until_midnight, rate=rate, daily_limit=limit, used_today=used
    )
    assert result.days == len(days)
    assert result.ends_at is not None
    assert second - 1 <= result.ends_at <= second + 1e-3


def test_rest_is_not_known_while_reading(noon: float) -> None:
    """How many requests a source takes is known once it is read."""
    assert estimate_rest(ImportReport(records=5), now=noon, rate=98.0) is None


def test_rest_is_a_share_of_all(sending: ImportReport, noon: float) -> None:
    """The requests left are the share of the messages that are neither settled nor rejected."""
    rest = estimate_rest(sending, now=noon, rate=100.0)
    assert rest == estimate(19_955, now=noon, rate=100.0, daily_limit=50_000, used_today=30_000)


def test_rest_after_a_pause_has_a_new_quota(paused: ImportReport, noon: float) -> None:
    """After a pause until the next day, what was used today does not count."""
    rest = estimate_rest(paused, now=noon, rate=100.0)
    assert rest == estimate(19_955, now=MIDNIGHT, rate=100.0, daily_limit=50_000)


@pytest.mark.parametrize("resume_at", ["2026-11-24T13:00:00Z", "2026-11-24T11:00:00Z"])
def test_rest_after_a_pause_of_the_day(paused: ImportReport, noon: float, resume_at: str) -> None:
    """A pause that ends on the same day leaves today's requests counted; a past one is over."""
    report = evolve(paused, resume_at=resume_at, requests_today=20_000)
    rest = estimate_rest(report, now=noon, rate=100.0)
    begins = max(noon, datetime.fromisoformat(resume_at).timestamp())
    assert rest == estimate(19_955, now=begins, rate=100.0, daily_limit=50_000, used_today=20_000)


def test_rest_of_a_source_without_a_valid_message(noon: float) -> None:
    """When every record was rejected, nothing is left to send."""
    report = ImportReport(messages=3, rejected=3, least_requests=0)
    rest = estimate_rest(report, now=noon, rate=None)
    assert rest == Estimate(0, 0, noon)
