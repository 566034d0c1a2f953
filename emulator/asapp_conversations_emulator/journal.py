"""What was asked of the emulator and how each request ended, with nothing that messages say."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final

from attrs import field, frozen

KEPT: Final = 10_000
"""How many of the last requests are kept; the counts are of all."""

DROPPED: Final = "dropped"
ABANDONED: Final = "abandoned"
ANSWERED: Final = "answered"


@frozen
class Request:
    """One request that has ended.

    Attributes:
        number: 1 for the first.
        at: when it came, in seconds since 1970.
        method: in upper case.
        path: as it was sent, without the query.
        conversation_id: whose it was, where the path names one.
        outcome: `answered`; `dropped` when the emulator cut the connection or left it without
            an answer; `abandoned` when the client went away first.
        status: of the answer; None unless it was answered.
        stored: how many messages it added.
        fault: the fault that it met, such as `reset,stored`, or None.
        request_id: in the answer, or what would have been in it.
        seconds: from its head to its end.
    """

    number: int
    at: float
    method: str
    path: str
    conversation_id: str | None
    outcome: str
    status: int | None
    stored: int
    fault: str | None
    request_id: str | None
    seconds: float


@frozen
class Journal:
    """The last requests, and the counts of all."""

    requests: deque[Request] = field(factory=lambda: deque(maxlen=KEPT))
    answers: Counter[int] = field(factory=Counter)
    outcomes: Counter[str] = field(factory=Counter)
    faults: Counter[str] = field(factory=Counter)

    @property
    def total(self) -> int:
        """How many requests have ended."""
        return self.outcomes.total()

    def note(self, request: Request) -> None:
        """Keep a request that has ended."""
        self.requests.append(request)
        self.outcomes[request.outcome] += 1
        if request.status is not None:
            self.answers[request.status] += 1
        if request.fault is not None:
            self.faults[request.fault] += 1

    def clear(self) -> None:
        """Forget everything."""
        for part in (self.requests, self.answers, self.outcomes, self.faults):
            part.clear()
