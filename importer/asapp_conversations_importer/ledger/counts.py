"""What has become of messages."""

from __future__ import annotations

from operator import add, sub

from attrs import evolve, frozen


@frozen
class Counts:
    """What has become of a number of messages; each is counted once.

    Attributes:
        stored: accepted in this run.
        already_stored: held by ASAPP before they were sent (409).
        skipped: settled by an earlier run.
        rejected: invalid, or refused by ASAPP.
        in_doubt: sent, without an answer that tells what became of them.
        unsent: not sent.
    """

    stored: int = 0
    already_stored: int = 0
    skipped: int = 0
    rejected: int = 0
    in_doubt: int = 0
    unsent: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(add, self._values(), other._values()))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*map(sub, self._values(), other._values()))

    def _values(self) -> tuple[int, ...]:
        return (
            self.stored,
            self.already_stored,
            self.skipped,
            self.rejected,
            self.in_doubt,
            self.unsent,
        )

    def within(self, messages: int) -> Counts:
        """These counts cut down to so many messages in all, or filled up with unsent ones."""
        cut, left = Counts(), messages
        for name in ("stored", "already_stored", "skipped", "rejected", "in_doubt"):
            kept = min(getattr(self, name), left)
            cut, left = evolve(cut, **{name: kept}), left - kept
        return evolve(cut, unsent=left)

    def total(self) -> int:
        """How many messages there are in all."""
        return sum(self._values())
