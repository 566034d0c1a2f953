"""Times: what people hand in, and the one form that goes out."""

from __future__ import annotations

from datetime import UTC, datetime

from dateutil.parser import isoparse


class WireTime(datetime):
    """A time in UTC whose ISO form ends in `Z` (RFC 3339, section 5.6)."""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return self.replace(tzinfo=None).__format_naive(sep, timespec) + "Z"

    def __format_naive(self, sep: str, timespec: str) -> str:
        return datetime.isoformat(self, sep, timespec)


def parse_timestamp(value: datetime | str) -> WireTime:
    """`value` as a time in UTC; without a zone it is taken as UTC, as the API does.

    Strings are ISO 8601; digits past the microsecond are dropped. `ValueError` for anything else.
    """
    if isinstance(value, str):
        value = _parse_iso(value)
    if not isinstance(value, datetime):
        raise ValueError("neither a datetime nor a string")  # noqa: TRY004
    try:
        value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("out of the range of years 1 to 9999") from None
    return WireTime.combine(value.date(), value.timetz())


def _parse_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # Rarer forms: 24:00, an ordinal date, a year or month alone.
        return isoparse(text)
