"""What a source holds, in numbers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from attrs import define, field

MICROSECONDS = 1_000_000
FIRST_CREDIBLE = 631_152_000 * MICROSECONDS
"""1990-01-01 in UTC."""

DAY = 86_400


@define
class Totals:
    """What a source holds.

    Attributes:
        records: how many records were read.
        conversations: how many conversations have a valid message.
        messages: how many messages are valid.
        rejected: how many messages, and records that are none, are not.
        requests: how many requests the valid messages take; None if that is not known.
        odd_times: how many messages have a local time that the clock showed twice
            (`repeated_hour`) or never (`skipped_hour`), or were sent `before_1990` or
            `after_tomorrow`. Of a source that is read while it is sent they are counted as it is.
    """

    records: int = 0
    conversations: int = 0
    messages: int = 0
    rejected: int = 0
    requests: int | None = None
    odd_times: Counter[str] = field(factory=Counter)

    def note_unclear(self, *, repeated: bool) -> None:
        """Count a local time that the clock showed twice, or never."""
        self.odd_times["repeated_hour" if repeated else "skipped_hour"] += 1

    def note_times(self, sent_at: Sequence[int]) -> None:
        """Count the times, in microseconds since 1970, at which hardly anybody wrote a message."""
        last_credible = (int(time.time()) // DAY + 2) * DAY * MICROSECONDS
        if sent_at and not FIRST_CREDIBLE <= min(sent_at) <= max(sent_at) < last_credible:
            self.odd_times["before_1990"] += sum(at < FIRST_CREDIBLE for at in sent_at)
            self.odd_times["after_tomorrow"] += sum(at >= last_credible for at in sent_at)
