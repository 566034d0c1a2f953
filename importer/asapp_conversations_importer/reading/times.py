"""When a message was sent, in whatever form a source tells it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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

MAX_NUMBER = 10**21
NOT_EXACT = "is a number that is out of range, or not exact"

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
    """

    at: int
    finer: int
    text: str


class LocalTimeError(ValueError):
    """A local time that is no single moment, because the clock was set forward or back.

    Attributes:
        earlier, later: the moments that it can mean.
        repeated: whether the clock showed it twice, and not never.
        local: the time as text, without a zone.
    """

    def __init__(self, first: Moment, second: Moment, *, repeated: bool, local: str) -> None:
        super().__init__("the local clock " + ("repeats" if repeated else "skips") + " this time")
        self.earlier, self.later = sorted((first, second))
        self.repeated = repeated
        self.local = local


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
        if unknown:
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
        formats: as `check_formats` returns them.
        formats_first: whether they are tried before the form of RFC 3339.
    """

    def __init__(
        self, timezone: tzinfo = UTC, formats: Sequence[str] = (), *, formats_first: bool = True
    ) -> None:
        self._timezone = timezone
        self._patterns = [pattern for pattern in formats if pattern not in EPOCH_UNITS]
        self._unit = next((EPOCH_UNITS[unit] for unit in formats if unit in EPOCH_UNITS), None)
        readers: list[Callable[[str], tuple[datetime, int]]] = [read_time]
        if formats:
            readers.insert(0 if formats_first else 1, self._by_format)
        self._readers = readers

    def parse(self, value: object) -> Moment:
        """The moment that a value stands for.

        Raises:
            LocalTimeError: it stands for two, or for none that its clock has shown.
            ValueError: it is no time; the error says why.
        """
        if type(value) is str:
            moment, finer = self._read(value)
        elif isinstance(value, datetime):
            # A subclass, such as that of pandas, may compute and write itself in another way.
            moment = datetime.combine(value.date(), value.timetz())
            finer = getattr(value, "nanosecond", 0) * 1000
        elif self._unit and isinstance(value, (int, float, Decimal)) and value is not True:
            moment, finer = _since_epoch(value, self._unit)
        else:
            raise ValueError(self._complaint(value))
        zone = moment.tzinfo
        if zone is not UTC:
            if zone is None or moment.utcoffset() is None:
                return self._local(moment, finer)
            moment = to_utc(moment)
        return Moment((moment - EPOCH) // MICROSECOND, finer, format_utc(moment))

    def _read(self, text: str) -> tuple[datetime, int]:
        for reader in self._readers:
            try:
                return reader(text)
            except ValueError:
                continue
        raise ValueError(self._complaint(text))

    def _by_format(self, text: str) -> tuple[datetime, int]:
        if self._unit and _number(text):
            return _since_epoch(Decimal(text), self._unit)
        for pattern in self._patterns:
            try:
                return datetime.strptime(text, pattern), 0
            except ValueError:
                continue
        raise ValueError

    def _local(self, moment: datetime, finer: int) -> Moment:
        """The moment when the clock of the zone shows that time."""
        first = moment.replace(tzinfo=self._timezone, fold=0)
        second = first.replace(fold=1)
        moments = [
            Moment((utc - EPOCH) // MICROSECOND, finer, format_utc(utc))
            for utc in (to_utc(first), to_utc(second))
        ]
        if moments[0] == moments[1]:
            return moments[0]
        raise LocalTimeError(
            *moments,
            repeated=moments[0] < moments[1],
            local=moment.replace(tzinfo=None).isoformat(),
        )

    def _complaint(self, value: object) -> str:
        """What is wrong with a value that is no time."""
        if isinstance(value, (int, float, Decimal)) or (isinstance(value, str) and _number(value)):
            if self._unit:
                return NOT_EXACT
            return "is a number, and no time format says what it counts (epoch, epoch-ms, …)"
        if isinstance(value, date) or (isinstance(value, str) and _is_date(value)):
            return "is a date without a time"
        return NO_TIME + " and fits no time format" * (len(self._readers) > 1)


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


def in_source_order(candidates: Sequence[Sequence[Moment]]) -> list[Moment | None]:
    """The moments at which messages were sent, if their order in the source tells that.

    `candidates` holds the one or two moments that each message can have been sent at, the earlier
    one first. A moment is told where no other lets every message come at or after the one before it.
    """
    least: list[Moment] = []
    for moments in candidates:
        fit = [moment for moment in moments if not least or moment[:2] >= least[-1][:2]]
        if not fit:
            return [None] * len(candidates)
        least.append(fit[0])
    told: list[Moment | None] = []
    after: Moment | None = None
    for moments, first in zip(reversed(candidates), reversed(least), strict=True):
        after = next(m for m in reversed(moments) if after is None or m[:2] <= after[:2])
        told.append(first if first == after else None)
    return told[::-1]
