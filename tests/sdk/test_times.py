"""From what people hand in to the one form of a time that goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from asapp_conversations import agent, customer, system
from asapp_conversations.timestamps import parse_timestamp
from dateutil.parser import isoparse
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("2024-03-04T08:00:56.419Z", "2024-03-04T08:00:56.419000Z"),
        ("2024-03-04 03:01:34-05:00", "2024-03-04T08:01:34Z"),
        ("2024-03-04T08:00:56", "2024-03-04T08:00:56Z"),
        ("2024-03-04T24:00", "2024-03-05T00:00:00Z"),
        ("2024-064", "2024-03-04T00:00:00Z"),
        ("2024-03-04T08:00:56.123456789012Z", "2024-03-04T08:00:56.123456Z"),
        (datetime(2024, 3, 4, 8), "2024-03-04T08:00:00Z"),
        (datetime(2024, 3, 4, 8, tzinfo=timezone(timedelta(hours=2))), "2024-03-04T06:00:00Z"),
    ],
)
def test_times_go_out_in_utc(value: Any, wire: str) -> None:
    """Every time goes out in UTC with `Z`; without a zone it is UTC already."""
    assert parse_timestamp(value).isoformat() == wire


IsoTexts = st.one_of(
    st.text("0123456789-:.,TWZ+ ", max_size=30),
    st.from_regex(
        r"\d{4}(-?[01]\d(-?[0-3]\d)?|-?W\d\d(-?\d)?|-?[0-3]\d\d)"
        r"([T ][012]\d(:?[0-5]\d(:?[0-5]\d([.,]\d{1,12})?)?)?(Z|[+-][01]\d(:?[0-5]\d)?)?)?",
        fullmatch=True,
        alphabet=st.characters(max_codepoint=127),
    ),
)


@given(text=IsoTexts)
def test_both_parsers_agree(text: str) -> None:
    """What dateutil takes is taken, and as the time that dateutil reads."""
    try:
        expected = isoparse(text)
        expected = expected.astimezone(UTC) if expected.tzinfo else expected.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return
    assert parse_timestamp(text) == expected


@pytest.mark.parametrize("value", ["yesterday", None, 5, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    """What cannot be a time is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011
        parse_timestamp(value)


def test_constructors_set_the_role() -> None:
    """Each short constructor makes a message of its role."""
    for make, role in ((agent, "agent"), (customer, "customer"), (system, "system")):
        message = make("text", "id-1", "2024-03-04T08:00:00")
        assert message.to_dict() == {
            "text": "text",
            "sender": {"role": role, "externalId": "id-1"},
            "timestamp": "2024-03-04T08:00:00Z",
        }


def test_a_wire_time_is_still_a_datetime() -> None:
    """Other forms of it, and what is made of it, are those of any datetime, with `Z` for UTC."""
    moment = parse_timestamp("2024-03-04T08:00:56.419Z")
    assert moment.isoformat(" ", "seconds") == "2024-03-04 08:00:56Z"
    assert moment.replace(microsecond=0).isoformat() == "2024-03-04T08:00:56Z"
    assert moment.astimezone(timezone(timedelta(hours=2))).isoformat().endswith("+02:00")
