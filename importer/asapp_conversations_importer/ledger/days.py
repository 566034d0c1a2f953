"""UTC days, by which requests are counted and limited, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400

LAST_MOMENT = 253_402_300_799
"""The end of the year 9999 in seconds since 1970: no clock goes further."""


def day_of(now: float) -> str:
    """The UTC day of a time in seconds since 1970, such as `2026-11-24`."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def next_day(now: float) -> float:
    """When the next UTC day begins, in seconds since 1970: daily limits come back then."""
    return (now // DAY + 1) * DAY


def iso_time(seconds: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(min(seconds, LAST_MOMENT), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
