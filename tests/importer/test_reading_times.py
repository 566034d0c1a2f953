"""When messages were sent: what is read as a time, what is not, and what local clocks leave open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas
import pyarrow as pa
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import NO_TIME
from asapp_conversations_importer import ReadOptions, Records, Table
from asapp_conversations_importer.reading.times import (
    NOT_EXACT,
    REPEATED_TIME,
    SKIPPED_TIME,
    TimeParser,
    in_source_order,
)
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("own_ids")

HEADER = "conversation_id,sender_role,sender_external_id,text,timestamp\n"
NEW_YORK = "America/New_York"


def csv_of(*times: str) -> str:
    """A message m0, m1, … of one conversation for each time, in this order."""
    rows = (f"AB1,customer,p,m{number},{at}\n" for number, at in enumerate(times))
    return HEADER + "".join(rows)


@pytest.mark.parametrize(
    "value",
    [
        *("1008", "1015", "1102", "2024", "2024-03", "2024-03-04", "2024-064", "20240304T080000Z"),
        *("2024-01-01x10:00", "1652120301720", "20250714212151181", "2024-01-01 24:00"),
        *("2021-11-23T12:13:14.123456xyz+01:00", "2021-11-23 01:13:14.123456 PM+01:00"),
        *("2024-01-01T10:00:60Z", "04/03/2024 08:00", "now", "Mon 04 Mar 2024 08:00:00 GMT"),
    ],
)
def test_what_could_be_several_times_is_none(read_text, value) -> None:
    """Nothing is guessed: each is rejected, as it stands, for what it looks like."""
    result = read_text("a.csv", csv_of("2024-01-01 10:00", value))

    assert result.texts == ["m0"]
    assert result.rejects[0].record["timestamp"] == value
    assert result.reasons[0][0] == "timestamp"


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("1652120301720", "epoch-ms", "2022-05-09T18:18:21.720000Z"),
        (1652120301720, "epoch-ms", "2022-05-09T18:18:21.720000Z"),
        (1652120301720.5, "epoch-ms", "2022-05-09T18:18:21.720500Z"),
        (Decimal("1652120301.72"), "epoch", "2022-05-09T18:18:21.720000Z"),
        ("1652120301", "epoch", "2022-05-09T18:18:21Z"),
        (1652120301720123, "epoch-us", "2022-05-09T18:18:21.720123Z"),
        (1652120301720123456, "epoch-ns", "2022-05-09T18:18:21.720123Z"),
        (-1, "epoch", "1969-12-31T23:59:59Z"),
        ("2024-03-04T08:00:00Z", "epoch", "2024-03-04T08:00:00Z"),
        ("04.03.2024 9:05", "%d.%m.%Y %H:%M", "2024-03-04T09:05:00Z"),
        ("Mar 04, 2024 09:05:07 PM", "%b %d, %Y %I:%M:%S %p", "2024-03-04T21:05:07Z"),
        ("2024-064 09:05 +0100", "%Y-%j %H:%M %z", "2024-03-04T08:05:00Z"),
        ("2024-03-04", "epoch", "is a date without a time"),
        (date(2024, 3, 4), "epoch", "is a date without a time"),
        ("4 March", "%d.%m.%Y %H:%M", f"{NO_TIME} and fits no time format"),
        (1652120301720123456.0, "epoch-ns", NOT_EXACT),
        (float("nan"), "epoch", NOT_EXACT),
        (Decimal("NaN"), "epoch", NOT_EXACT),
        (Decimal("1E+999999"), "epoch", NOT_EXACT),
        ("0.0000000000001", "epoch", f"{NO_TIME} and fits no time format"),
        (10**18, "epoch", NOT_EXACT),
        ("9" * 30, "epoch-ns", NOT_EXACT),
        ("1.65212E+12", "epoch-ms", f"{NO_TIME} and fits no time format"),
        (True, "epoch", f"{NO_TIME} and fits no time format"),
        ([1], "epoch", f"{NO_TIME} and fits no time format"),
        (pandas.NaT, "epoch", "is a date without a time"),
        (pandas.Timestamp("2024-03-04 08:00:00.123456789"), "epoch", "2024-03-04T08:00:00.123456Z"),
    ],
)
def test_a_format_says_what_a_time_is(record, read, value, form, expected) -> None:
    """Numbers and digits are what their unit says, exactly; other forms are what patterns fix."""
    result = read(Records([record(timestamp=value)]), time_formats=form)

    found = [message["timestamp"] for message in result.messages]
    assert found + [reason for _, reason in result.reasons] == [expected]


def test_a_time_that_two_formats_read_differently_is_rejected(record, read) -> None:
    """No order of the formats tells which is meant; one that they read alike is taken."""
    formats = ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%y %H:%M")
    values = ("03/04/2024 12:05", "13/04/2024 12:06", "03/03/2024 12:07")
    result = read(Records([record(timestamp=value) for value in values]), time_formats=formats)

    assert [message["timestamp"] for message in result.messages] == [
        "2024-03-03T12:07:00Z",
        "2024-04-13T12:06:00Z",
    ]
    assert result.reasons == [
        ("timestamp", "fits several time formats, which make different times of it")
    ]


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ("%H:%M:%S", "does not fix the year and the month and the day"),
        ("%d.%m.%Y", "does not fix the hour and the minute"),
        ("%d.%m. %H:%M", "does not fix the year"),
        ("%d.%m.%Y %I:%M", "half of the day (%p)"),
        ("%d.%m.%Y %H:%M %Z", "%Z is none of"),
        ("%c", "%c is none of"),
        ("%Y-%m-%dT%H:%M:%SZ", "write %z"),
        ("%Y-%m-%d %H:%M %Q", "%Q is none of"),
        ("%Y-%m-%d %H:%M %", "% is none of"),
        ("", "does not fix the year"),
        (("epoch", "epoch-ms"), "one unit"),
    ],
)
def test_a_format_that_leaves_something_open_is_refused(form, complaint) -> None:
    """Patterns are checked before anything is read."""
    with pytest.raises(InvalidRequestError) as caught:
        ReadOptions(time_formats=form)
    assert complaint in str(caught.value)


def test_no_such_zone_is_refused() -> None:
    """A zone can be told by its name, if there is one of that name."""
    assert ReadOptions(timezone=NEW_YORK).timezone == ZoneInfo(NEW_YORK)
    with pytest.raises(InvalidRequestError, match="there is no such zone"):
        ReadOptions(timezone="Mars/Olympus")


def test_the_order_is_decided_with_all_digits(read_text, read, record) -> None:
    """Times that differ past the microsecond are ordered by it, although it is not sent."""
    finer = [f"2024-03-04T08:00:00.1234567{digit}Z" for digit in "3102"]
    assert read_text("a.csv", csv_of(*finer)).texts == ["m2", "m1", "m3", "m0"]
    records = [record(str(number), timestamp=at) for number, at in enumerate(finer)]
    assert read(Records(records)).texts == ["2", "1", "3", "0"]
    nanoseconds = pa.array([1709539200123456000 + n for n in (3, 1, 0, 2)], pa.timestamp("ns"))
    rows = pa.table(
        {
            **{name: ["AB1"] * 4 for name in ("conversation_id", "sender_external_id")},
            "sender_role": ["agent"] * 4,
            "text": list("3102"),
            "timestamp": nanoseconds,
        }
    )
    result = read(Table(rows))
    assert result.texts == ["0", "1", "2", "3"]
    assert {message["timestamp"] for message in result.messages} == {"2024-03-04T08:00:00.123456Z"}


REPEATED = ["2021-11-07 01:58:00", "2021-11-07 01:59:00", "2021-11-07 01:00:10"]
SKIPPED = "2021-03-14 02:30:00"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([*REPEATED, "2021-11-07 01:01:00"], ["05:58:00", "05:59:00", "06:00:10", "06:01:00"]),
        (["2021-11-07T06:30:00Z", "2021-11-07 01:40:00"], ["06:30:00", "06:40:00"]),
        (["2021-11-07 01:40:00", "2021-11-07T06:00:00Z"], ["05:40:00", "06:00:00"]),
        (["2021-11-07 00:59:59", "2021-11-07 02:00:00"], ["04:59:59", "07:00:00"]),
    ],
)
def test_the_order_of_the_source_decides_a_repeated_hour(read_text, times, expected) -> None:
    """A clock that goes back between two messages has been set back."""
    result = read_text("a.csv", csv_of(*times), timezone=NEW_YORK)

    assert [m["timestamp"] for m in result.messages] == [f"2021-11-07T{at}Z" for at in expected]
    assert result.texts == [f"m{number}" for number in range(len(times))]
    repeated = sum(at.startswith("2021-11-07 01") for at in times)
    assert result.totals.odd_times["repeated_hour"] == repeated


@pytest.mark.parametrize(
    ("times", "stored", "rejected"),
    [
        (["2021-11-07 01:30:00"], 0, 1),
        (["2021-11-07 00:30:00", "2021-11-07 01:30:00", "2021-11-07 02:30:00"], 2, 1),
        ([*REPEATED, "2021-11-07 01:00:00"], 0, 4),
        (["2021-11-07 09:00:00", "2021-11-07 01:30:00"], 1, 1),
    ],
)
def test_what_the_order_leaves_open_is_rejected(
    read, read_text, record, times, stored, rejected
) -> None:
    """Where both moments fit, or none, nothing is sent, unless it was said what to take."""
    in_file = read_text("a.csv", csv_of(*times), timezone=NEW_YORK)
    records = [record(timestamp=at) for at in times]
    for result in (in_file, read(Records(records), timezone=NEW_YORK)):
        assert len(result.messages) == stored
        assert result.reasons == [("timestamp", REPEATED_TIME)] * rejected
        assert result.rejects[0].record["timestamp"] in times
    assert in_file.totals.messages == stored
    assert in_file.totals.rejected == rejected
    for ambiguous in ("earlier", "later"):
        told = read_text("a.csv", csv_of(*times), timezone=NEW_YORK, ambiguous=ambiguous)
        assert len(told.messages) == len(times)
        again = read(Records(records), timezone=NEW_YORK, ambiguous=ambiguous)
        assert [m["timestamp"] for m in again.messages] == [m["timestamp"] for m in told.messages]


def test_many_unclear_messages_are_settled_together(read, monkeypatch) -> None:
    """However many there are, of whatever conversations, each is settled within its own."""
    monkeypatch.setattr("asapp_conversations_importer.reading.loading.SETTLED", 3)
    minutes = list(range(0, 60, 7)) * 2
    rows = [
        {
            "conversation_id": f"C{conversation}",
            "sender_role": "agent",
            "sender_external_id": "a",
            "text": str(turn),
            "timestamp": f"2021-11-07 01:{minute:02}",
        }
        for turn, minute in enumerate(minutes)
        for conversation in range(4)
    ]
    result = read(Table(pa.Table.from_pylist(rows)), timezone=NEW_YORK)

    for messages in result.by_conversation.values():
        assert [message["text"] for message in messages] == [str(n) for n in range(len(minutes))]
        hours = [message["timestamp"][11:13] for message in messages]
        assert hours == ["05"] * 9 + ["06"] * 9


@pytest.mark.parametrize(
    ("ambiguous", "expected"),
    [(None, []), ("earlier", ["2021-03-14T06:30:00Z"]), ("later", ["2021-03-14T07:30:00Z"])],
)
def test_a_skipped_hour_was_on_no_clock(read_text, ambiguous, expected) -> None:
    """It is rejected, unless it was said what to take."""
    result = read_text("a.csv", csv_of(SKIPPED), timezone=NEW_YORK, ambiguous=ambiguous)

    assert [message["timestamp"] for message in result.messages] == expected
    assert result.reasons == [] if expected else [("timestamp", SKIPPED_TIME)]
    assert result.totals.odd_times["skipped_hour"] == 1


ODD = {"before_1990": 1, "after_tomorrow": 1}


def test_odd_times_are_counted(read, read_text, record) -> None:
    """Times at which hardly anybody wrote a message are told, and sent."""
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    result = read_text("a.csv", csv_of("1989-12-31 23:59", "1990-01-01 00:00", later))
    records = [record(timestamp=at) for at in ("1970-01-01 00:00", later)]

    assert result.totals.odd_times == ODD
    assert read(Records(records)).totals.odd_times == ODD
    assert result.totals.messages == 3


@given(
    st.lists(st.integers(0, 5), max_size=7).map(sorted),
    st.lists(st.booleans(), min_size=7, max_size=7),
    st.permutations(range(7)),
)
def test_only_what_must_be_is_told(true: list[int], doubled: list[bool], order: Any) -> None:
    """An instant is told if and only if it is the only one of all that are in order."""
    moments = [true[place] for place in order if place < len(true)] if doubled[0] else true
    candidates = [
        sorted({(moment, 0), (moment - 2, 0)}) if two else [(moment, 0)]
        for moment, two in zip(moments, doubled, strict=False)
    ]
    fitting: list[list[tuple[int, int]]] = [[]]
    for instants in candidates:
        fitting = [[*f, i] for f in fitting for i in instants if not f or f[-1] <= i]
    told = [{f[place] for f in fitting} for place in range(len(candidates))]

    assert in_source_order(candidates) == [t.pop() if len(t) == 1 else None for t in told]


def test_a_clock_that_is_never_set_leaves_nothing_open() -> None:
    """A zone without summer time has one moment for each local time."""
    assert (
        TimeParser(ZoneInfo("Asia/Tokyo")).parse("2021-11-07 01:30").text == "2021-11-06T16:30:00Z"
    )
