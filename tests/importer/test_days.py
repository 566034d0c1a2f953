"""UTC days, by which requests are counted."""

from __future__ import annotations

from datetime import datetime

from asapp_conversations_importer.ledger.days import day_of, next_day


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}Z").timestamp()


def test_days_are_utc() -> None:
    """A day is named by its UTC date and ends at 00:00 UTC, across the end of a year too."""
    assert day_of(at("2026-12-31 23:59")) == "2026-12-31"
    assert next_day(at("2026-12-31 23:59")) == at("2027-01-01 00:00")
    assert next_day(at("2027-01-01 00:00")) == at("2027-01-02 00:00")
