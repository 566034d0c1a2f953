"""Times: what people hand in, and the one form that goes out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

import orjson
from dateutil.parser import isoparse

is_final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.(?!000000)\d{6})?Z", re.ASCII).fullmatch
"""Whether a text has the one form that is sent; the schema checks that there is such a day."""


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

    Strings are ISO 8601; digits past the microsecond are dropped. `ValueError` for anything else.
    """
    plain = parse_utc(value)
    moment = WireTime.combine(plain.date(), plain.timetz())
    moment._text = format_utc(plain)
    return moment


def wire_text(value: datetime | str) -> str:
    """A time as it is sent: in UTC, with `Z`; `ValueError` for what is no time."""
    return format_utc(parse_utc(value))


def format_utc(moment: datetime) -> str:
    """What `parse_utc` returns, as it is sent: the text of datetime, in a third of the time."""
    return orjson.dumps(moment, option=orjson.OPT_UTC_Z)[1:-1].decode()


def parse_utc(value: datetime | str, timezone: tzinfo = UTC) -> datetime:
    """As `parse_timestamp`, but plain, and without a zone `value` is taken as of `timezone`."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            # Rarer forms: 24:00, an ordinal date, a year or month alone.
            value = isoparse(str(value))
    if not isinstance(value, datetime):
        raise ValueError("neither a datetime nor a string")  # noqa: TRY004
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone)
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of the range of years 1 to 9999") from None
    # A subclass, such as that of pandas, may write itself in another way.
    return value if type(value) is datetime else datetime.combine(value.date(), value.timetz())
