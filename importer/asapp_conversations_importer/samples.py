"""Progress over time, in a bounded number of points."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

MOST = 256


@frozen
class Sample:
    """What had been done at one moment.

    Attributes:
        at: seconds since the run began.
        messages: how many this run had stored by then, or found to be stored already.
        answers: how many requests had been answered by then, by status.
    """

    at: float
    messages: int
    answers: Mapping[str, int]


@define
class Samples:
    """Samples at even distances; the longer the run, the further apart."""

    kept: list[Sample] = field(factory=list)
    _step: int = 1
    _seen: int = 0

    def add(self, sample: Sample) -> None:
        """Keep the sample if it is its turn."""
        if self._seen % self._step == 0:
            self.kept.append(sample)
        self._seen += 1
        if len(self.kept) >= MOST:
            del self.kept[1::2]
            self._step *= 2
