"""When a message was sent, in whatever form a source tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asapp_conversations.toolkit import NO_TIME, format_utc, read_time, to_utc

from .sources import ReadOptions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class TimeParser:
    """Parses times as the options say."""

    def __init__(self, options: ReadOptions) -> None:
        self._timezone = options.timezone
        self._formats = options.time_formats

    def parse(self, value: str | datetime) -> tuple[int, str]:
        """Microseconds since 1970-01-01 UTC, and the form that goes out.

        `ValueError` for a text that is no time.
        """
        if self._formats and isinstance(value, str):
            value = self._by_format(value)
        moment = read_time(value)[0] if isinstance(value, str) else value
        moment = to_utc(moment if moment.tzinfo else moment.replace(tzinfo=self._timezone))
        return (moment - EPOCH) // MICROSECOND, format_utc(moment)

    @property
    def complaint(self) -> str:
        """What is wrong with a text that `parse` refuses."""
        return NO_TIME + " and fits no time format" * bool(self._formats)

    def _by_format(self, value: str) -> datetime | str:
        for pattern in self._formats:
            try:
                return datetime.strptime(value, pattern)
            except ValueError:
                continue
        return value
