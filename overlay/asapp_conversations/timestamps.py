"""Times: what people hand in, and the one form that goes out."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from dateutil.parser import isoparse


class WireTime(datetime):
    """A time in UTC whose ISO form ends in `Z` (RFC 3339, section 5.6)."""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return super().isoformat(sep, timespec).removesuffix("+00:00") + "Z"


def parse_timestamp(value: datetime | str) -> WireTime:
    """`value` as a time in UTC; without a zone it is taken as UTC, as the API does.

    Strings are ISO 8601; digits past the microsecond are dropped. `ValueError` for anything else.
    """
    value = parse_utc(value)
    return WireTime.combine(value.date(), value.timetz())


def parse_utc(value: datetime | str, timezone: tzinfo = UTC) -> datetime:
    """As `parse_timestamp`, but plain, and without a zone `value` is taken as of `timezone`."""
    if isinstance(value, str):
        value = _parse_iso(value)
    if not isinstance(value, datetime):
        raise ValueError("neither a datetime nor a string")  # noqa: TRY004
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of the range of years 1 to 9999") from None


def _parse_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # Rarer forms: 24:00, an ordinal date, a year or month alone.
        return isoparse(text)
