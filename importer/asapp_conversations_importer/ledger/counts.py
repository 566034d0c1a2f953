"""What has become of messages."""

from __future__ import annotations

from operator import add, attrgetter, sub

from attrs import evolve, fields, frozen


@frozen
class Counts:
    """What has become of a number of messages, each counted once, as `ImportReport` has it."""

    stored: int = 0
    already_stored: int = 0
    skipped: int = 0
    rejected: int = 0
    in_doubt: int = 0
    unsent: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(add, _each(self), _each(other)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*map(sub, _each(self), _each(other)))

    def within(self, messages: int) -> Counts:
        """These counts cut down to so many messages in all, or filled up with unsent ones."""
        kept = list[int]()
        for count in _each(self)[:-1]:
            kept.append(min(count, messages - sum(kept)))
        return evolve(Counts(*kept), unsent=messages - sum(kept))

    def total(self) -> int:
        """How many messages there are in all."""
        return sum(_each(self))


# For each request; attrs.astuple takes five times as long.
_each = attrgetter(*(each.name for each in fields(Counts)))
