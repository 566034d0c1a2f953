"""When a message was sent, in whatever form a source tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import NO_TIME, format_utc, read_time, to_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PICOSECONDS = 1_000_000
"""Of a microsecond."""

EPOCH_UNITS = {"epoch": 10**12, "epoch-ms": 10**9, "epoch-us": 10**6, "epoch-ns": 10**3}
"""Picoseconds of what a number counts."""

EXACT_FLOAT = 2**53
"""From here on a float no longer stands for one integer alone."""

NUMBERS = (int, float, Decimal)
MAX_NUMBER = 10**21
NOT_EXACT = "is a number that is out of range, or not exact"

REPEATED_TIME = (
    "is in an hour that the local clock repeats, and the order of the source does not tell which is "
    "meant; say so with --ambiguous"
)
SKIPPED_TIME = "is in an hour that the local clock skips; say what is meant with --ambiguous"

SEVERAL_TIMES = "fits several time formats, which make different times of it"

DIRECTIVES = "YymbBdjHIpMSfzaA%"
"""Those of strptime that mean the same on every machine (Python's datetime, format codes)."""

FIXED_BY = {
    "year": {"Y", "y"},
    "month": {"m", "b", "B", "j"},
    "day": {"d", "j"},
    "hour": {"H", "I"},
    "minute": {"M"},
}
"""The directives that fix each part of a time, of which no part may be guessed."""

_number = re.compile(r"-?\d{1,30}(\.\d{1,12})?", re.ASCII).fullmatch


class Moment(NamedTuple):
    """A moment in time.

    Attributes:
        at: microseconds since 1970-01-01 UTC.
        finer: picoseconds past that.
        text: as it is sent.
        later: the other moment that can be meant, where the clock was set forward or back.
        repeated: whether the local clock showed that time twice, and not never.
    """

    at: int
    finer: int
    text: str
    later: Moment | None = None
    repeated: bool = False


def check_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats, if each leaves nothing to be guessed; else `InvalidRequestError`."""
    for pattern in formats:
        if pattern in EPOCH_UNITS:
            continue
        found = re.findall("%(.?)", pattern, re.DOTALL)
        unknown = [f"%{letter}" for letter in found if letter not in DIRECTIVES or not letter]
        missing = [part for part, letters in FIXED_BY.items() if not letters.intersection(found)]
        if "I" in found and "p" not in found:
            missing.append("half of the day (%p)")
        if re.search("%[SMf]Z", pattern):
            reason = "a Z behind a time means UTC, and is no letter: write %z"
        elif unknown:
            reason = (
                f"{unknown[0]} is none of %{' %'.join(DIRECTIVES)}, which mean one thing everywhere"
            )
        elif missing:
            reason = f"it does not fix the {' and the '.join(missing)}"
        else:
            continue
        raise InvalidRequestError(
            f"time format {pattern}: {reason}; write a pattern of Python's strptime, such as "
            f"'%d.%m.%Y %H:%M:%S', or {', '.join(EPOCH_UNITS)}"
        )
    if len(EPOCH_UNITS.keys() & formats) > 1:
        raise InvalidRequestError("time formats: one unit for numbers alone can be told")
    return formats


class TimeParser:
    """Parses times as the options say.

    Args:
        timezone: of times that name none.
        formats: as `check_formats` returns them, preferred to the form of RFC 3339.
    """

    def __init__(self, timezone: tzinfo = UTC, formats: Sequence[str] = ()) -> None:
        self._timezone = timezone
        self._patterns = [pattern for pattern in formats if pattern not in EPOCH_UNITS]
        self._unit = next((EPOCH_UNITS[unit] for unit in formats if unit in EPOCH_UNITS), None)
        self._has_formats = bool(formats)

    def parse(self, value: object) -> Moment:
        """The moment that a value stands for; `ValueError` for what is no time, which says why."""
        if type(value) is not str:
            moment, finer = self._of_type(value)
        elif self._has_formats and (told := self._by_format(value)):
            moment, finer = told
        else:
            try:
                moment, finer = read_time(value)
            except ValueError:
                is_number = bool(_number(value))
                raise ValueError(self._complaint(value, is_number=is_number)) from None
        zone = moment.tzinfo
        if zone is not UTC:
            if zone is None or moment.utcoffset() is None:
                return self._local(moment, finer)
            moment = to_utc(moment)
        return Moment((moment - EPOCH) // MICROSECOND, finer, format_utc(moment))

    def _of_type(self, value: object) -> tuple[datetime, int]:
        """The time that a value which is no text stands for, and picoseconds past it."""
        if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - unlike pandas' NaT
            # A subclass, such as that of pandas, may compute and write itself in another way.
            plain = datetime.combine(value.date(), value.timetz())
            return plain, getattr(value, "nanosecond", 0) * 1000
        number = None if isinstance(value, bool) or not isinstance(value, NUMBERS) else value
        if self._unit and number is not None:
            return _since_epoch(number, self._unit)
        raise ValueError(self._complaint(value, is_number=number is not None))

    def _by_format(self, text: str) -> tuple[datetime, int] | None:
        """The time that a text stands for in one of the formats, if it fits any."""
        if self._unit and _number(text):
            return _since_epoch(Decimal(text), self._unit)
        found = set()
        for pattern in self._patterns:
            with suppress(ValueError):
                found.add(datetime.strptime(text, pattern))
        if len(found) > 1:
            raise ValueError(SEVERAL_TIMES)
        return (found.pop(), 0) if found else None

    def _local(self, moment: datetime, finer: int) -> Moment:
        """The moment when the clock of the zone shows that time."""
        first, second = (
            to_utc(moment.replace(tzinfo=self._timezone, fold=fold)) for fold in (0, 1)
        )
        earlier, later = (
            Moment((utc - EPOCH) // MICROSECOND, finer, format_utc(utc))
            for utc in (min(first, second), max(first, second))
        )
        if first == second:
            return later
        return earlier._replace(later=later, repeated=first < second)

    def _complaint(self, value: object, *, is_number: bool) -> str:
        """What is wrong with a value that is no time."""
        if is_number:
            return "is a number, and no time format says what it counts (epoch, epoch-ms, …)"
        if isinstance(value, date) or (isinstance(value, str) and _is_date(value)):
            return "is a date without a time"
        return NO_TIME + " and fits no time format" * self._has_formats


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _since_epoch(number: float | Decimal, unit: int) -> tuple[datetime, int]:
    try:
        if isinstance(number, float) and not abs(number) < EXACT_FLOAT:
            raise ValueError(NOT_EXACT)
        exact = number if isinstance(number, (int, Decimal)) else Decimal(repr(float(number)))
        picoseconds = int(exact * unit) if -MAX_NUMBER < exact < MAX_NUMBER else None
        if picoseconds is None or picoseconds != exact * unit:
            raise ValueError(NOT_EXACT)
        microseconds, finer = divmod(picoseconds, PICOSECONDS)
        return EPOCH + timedelta(microseconds=microseconds), finer
    except ArithmeticError:
        raise ValueError(NOT_EXACT) from None


Instant = tuple[int, int]
"""Microseconds since 1970-01-01 UTC, and picoseconds past that."""


def in_source_order(candidates: Sequence[Sequence[Instant]]) -> list[Instant | None]:
    """When messages were sent, where their order in the source tells it.

    `candidates` holds the one or two instants at which each message can have been sent, the earlier
    one first. An instant is told where no other lets every message come at or after the one before.
    """
    least: list[Instant] = []
    for instants in candidates:
        fit = [instant for instant in instants if not least or instant >= least[-1]]
        if not fit:
            return [None] * len(candidates)
        least.append(fit[0])
    told: list[Instant | None] = []
    after: Instant | None = None
    for instants, first in zip(reversed(candidates), reversed(least), strict=True):
        after = max(instant for instant in instants if instant <= (after or instant))
        told.append(first if first == after else None)
    return told[::-1]
