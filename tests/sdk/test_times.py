"""From what people hand in to the one form of a time that goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas
import pytest
from asapp_conversations import agent, customer, system
from asapp_conversations.timestamps import parse_timestamp
from asapp_conversations.toolkit import read_time
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("2024-03-04T08:00:56.419Z", "2024-03-04T08:00:56.419000Z"),
        ("2024-03-04 03:01:34-05:00", "2024-03-04T08:01:34Z"),
        ("2024-03-04T08:00:56", "2024-03-04T08:00:56Z"),
        ("2024-03-04t08:00z", "2024-03-04T08:00:00Z"),
        ("2024-03-04 03:01:34.5-0500", "2024-03-04T08:01:34.500000Z"),
        ("2024-03-04 13:01:34+05", "2024-03-04T08:01:34Z"),
        ("2024-03-04T08:00:56.123456789012Z", "2024-03-04T08:00:56.123456Z"),
        (datetime(2024, 3, 4, 8), "2024-03-04T08:00:00Z"),
        (datetime(2024, 3, 4, 8, tzinfo=timezone(timedelta(hours=2))), "2024-03-04T06:00:00Z"),
    ],
)
def test_times_go_out_in_utc(value: Any, wire: str) -> None:
    """Every time goes out in UTC with `Z`; without a zone it is UTC already."""
    assert parse_timestamp(value).isoformat() == wire


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        "1008",
        "2024",
        "2024-03",
        "2024-03-04",
        "2024-064",
        "2024-W10-1",
        "20240304T080000Z",
        "1652120301720",
        "20250714212151181",
        "2024-03-04x08:00",
        "2024-03-04  08:00",
        "2024-03-04 08",
        "2024-03-04 08:00.5",
        "2024-03-04 08:00:00.",
        "2024-03-04 08:00:00,5",
        "2024-03-04 08:00:00.1234567890123",
        "2024-03-04 08:00:60",
        "2024-03-04 24:00",
        "2024-03-04 08:60",
        "2024-02-30 08:00",
        "0000-03-04 08:00",
        "2024-03-04 08:00 PM",
        "2024-03-04 08:00:00 Z",
        "2024-03-04 08:00:00UTC",
        "2024-03-04 08:00:00+1",
        "2024-03-04 08:00:00+24:00",
        "2024-03-04 08:00:00+01:60",
        "2021-11-23T12:13:14.123456xyz+01:00",
        "2024-03-04T08:00:00Z\n",
        " 2024-03-04T08:00:00Z",
        "٢٠٢٤-03-04T08:00:00Z",
        None,
        5,
        "0001-01-01T00:00:00+14:00",
        pandas.NaT,
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    """What could be read in two ways, or in none, is a ValueError."""
    with pytest.raises(ValueError, match=r"is (not a date|out of|.*month|.*range)|NaT|year|day"):
        parse_timestamp(value)


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
    st.sampled_from("Tt "),
    st.none() | st.integers(0, 999_999_999_999),
    st.integers(1, 12),
    st.sampled_from(["", "Z", "z"]) | st.timedeltas(timedelta(days=-1), timedelta(days=1)),
    st.sampled_from(["{:02}", "{:02}:{:02}", "{:02}{:02}"]),
)
def test_every_form_is_read_exactly(moment, separator, fraction, digits, zone, form) -> None:
    """Whatever form of the grammar a time has, it is read as that very time."""
    text, offset = f"{moment:%H:%M}", timedelta()
    moment = moment.replace(microsecond=0)
    if fraction is None:
        moment = moment.replace(second=0)
    else:
        decimals = f"{fraction:012}"[:digits]
        text = f"{moment:%H:%M:%S}.{decimals}"
        moment = moment.replace(microsecond=int(decimals[:6].ljust(6, "0")))
    if isinstance(zone, timedelta):
        hours, minutes = divmod(abs(zone) // timedelta(minutes=1), 60)
        minutes *= form.count("{") - 1
        sign = -1 if zone < timedelta() else 1
        hours %= 24
        offset = sign * timedelta(hours=hours, minutes=minutes)
        zone = ("-" if sign < 0 else "+") + form.format(hours, minutes)
    text = f"{moment.isoformat()[:10]}{separator}{text}{zone}"

    assert parse_timestamp(text) == moment.replace(tzinfo=UTC) - offset
    if fraction is not None:
        assert read_time(text)[1] == int(decimals[6:].ljust(6, "0"))


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
