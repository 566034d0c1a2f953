"""What has become of messages."""

from __future__ import annotations

from attrs import astuple, evolve, frozen


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
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def within(self, messages: int) -> Counts:
        """These counts cut down to so many messages in all, or filled up with unsent ones."""
        cut, left = Counts(), messages
        for name in ("stored", "already_stored", "skipped", "rejected", "in_doubt"):
            kept = min(getattr(self, name), left)
            cut, left = evolve(cut, **{name: kept}), left - kept
        return evolve(cut, unsent=left)

    def total(self) -> int:
        """How many messages there are in all."""
        return sum(astuple(self))
