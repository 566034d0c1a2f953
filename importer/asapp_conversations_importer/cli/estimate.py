"""What is left of an import. No I/O."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from asapp_conversations_importer import ImportReport
from asapp_conversations_importer.ledger.days import day_of, next_day

DAY = 86_400


class Estimate(NamedTuple):
    """What is left to send: on how many UTC days, and until when in seconds since 1970."""

    requests: int
    days: int | None
    ends_at: float | None


def estimate(
    requests: int,
    *,
    now: float,
    rate: float | None = None,
    daily_limit: int | None = None,
    used_today: int = 0,
) -> Estimate:
    """How long so many requests take when each day's quota is used as fast as the rate allows.

    Args:
        now: when the first may leave, in seconds since 1970.
        rate: requests a second; None or 0 if that is not known.
        used_today: how many have left on the day of `now`.
    """
    if requests <= 0:
        return Estimate(0, 0, now)
    speed, limit = rate or math.inf, math.inf if daily_limit is None else daily_limit
    midnight = next_day(now)
    today = min(max(limit - used_today, 0), speed * (midnight - now))
    a_day = min(limit, speed * DAY)
    if not a_day or today == math.inf:
        return Estimate(requests, None, None)
    days, begins, rest = 1, now, float(requests)
    if requests > today:
        later = math.ceil((requests - today) / a_day)
        days, begins = later + (today > 0), midnight + (later - 1) * DAY
        rest = requests - today - (later - 1) * a_day
    return Estimate(requests, days, begins + rest / rate if rate else None)


def estimate_rest(report: ImportReport, *, now: float, rate: float | None) -> Estimate | None:
    """What is left of a run, or of what one has left behind; None before the source is read.

    How many requests the rest takes follows from its share of the messages that can be sent.
    """
    if report.least_requests is None:
        return None
    left, sendable = report.unsent + report.in_doubt, report.messages - report.rejected
    begins = now
    if report.resume_at:
        begins = max(now, datetime.fromisoformat(report.resume_at).timestamp())
    return estimate(
        math.ceil(report.least_requests * left / sendable) if sendable else 0,
        now=begins,
        rate=rate,
        daily_limit=report.daily_limit,
        used_today=report.requests_today if day_of(begins) == day_of(now) else 0,
    )
