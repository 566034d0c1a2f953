"""Times: what people hand in, and the one form that goes out."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import orjson

is_final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.(?!000000)\d{6})?Z", re.ASCII).fullmatch
"""Whether a text has the one form that is sent; the schema checks that there is such a day."""

NO_TIME = "is not a date and time such as 2024-03-04T08:00:00Z"
"""What is said of a text that is no time."""

_grammar = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6}(\d{0,6}))?)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII,
).fullmatch
"""RFC 3339, besides which the zone and the seconds may be missing, and minutes of the offset."""


class WireTime(datetime):
    """A time in UTC whose ISO form is the one that is sent (RFC 3339, section 5.6)."""

    _text: str | None = None

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        if self._text and (sep, timespec) == ("T", "auto"):
            return self._text
        text = datetime.isoformat(self, sep, timespec)
        return text[:-6] + "Z" if text[-6:] == "+00:00" else text


def parse_timestamp(value: datetime | str) -> WireTime:
    """`value` as a time in UTC; without a zone it is taken as UTC, as the API does.

    Digits past the microsecond are dropped. `ValueError` for what is no time, as `read_time` has it.
    """
    plain = to_utc(read_time(value)[0] if isinstance(value, str) else value)
    moment = WireTime.combine(plain.date(), plain.timetz())
    moment._text = format_utc(plain)
    return moment


def wire_text(value: datetime | str) -> str:
    """A time as it is sent: in UTC, with `Z`; `ValueError` for what is no time."""
    return format_utc(to_utc(read_time(value)[0] if isinstance(value, str) else value))


def read_time(text: str) -> tuple[datetime, int]:
    """The time that a text stands for, without zone if it names none, to the microsecond; and the
    picoseconds past that.

    A full date, `T` or a space, hours and minutes; then, as far as they are known, seconds, up to
    12 digits of their fraction, and `Z` or an offset. `ValueError` for anything else.
    """
    match = _grammar(text)
    if not match:
        raise ValueError(NO_TIME)
    finer = match[1]
    return datetime.fromisoformat(text.upper()), int(finer.ljust(6, "0")) if finer else 0


def to_utc(moment: datetime) -> datetime:
    """A time in UTC, where it is already if it has no zone; `ValueError` for what has no such form."""
    if not isinstance(moment, datetime):
        raise ValueError(NO_TIME)  # noqa: TRY004
    try:
        if moment.tzinfo is not UTC:
            aware = moment.utcoffset() is not None
            moment = moment.astimezone(UTC) if aware else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is out of the range of years 1 to 9999") from None
    # A subclass, such as that of pandas, may write itself in another way.
    return moment if type(moment) is datetime else datetime.combine(moment.date(), moment.timetz())


def format_utc(moment: datetime) -> str:
    """What `to_utc` returns, as it is sent: the text of datetime, in a third of the time."""
    return orjson.dumps(moment, option=orjson.OPT_UTC_Z)[1:-1].decode()
