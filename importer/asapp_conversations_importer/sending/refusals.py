"""What a 429 means: spike arrest, which passes, or the end of the day's quota. No I/O."""

from __future__ import annotations

import re

import httpx
from attrs import define, field

IN_A_ROW = 4
"""So many requests that left one after the other were refused: perhaps nothing passes any more."""

TRIES = 5
"""So many requests are tried alone before that is certain."""

FIRST_WAIT = 1.0
"""Seconds before the first of them; three times as long before each further one."""

QUOTA = re.compile(rb"quota|daily limit", re.IGNORECASE)
SPIKE_ARREST = re.compile(rb"spike", re.IGNORECASE)


def names_quota(refusal: httpx.Response) -> bool:
    """Whether a 429 says of itself that it is the quota's; Apigee's says `QuotaViolation`."""
    words = refusal.read()
    return bool(QUOTA.search(words)) and not SPIKE_ARREST.search(words)


@define
class Refusals:
    """Tells from refusals whether anything passes, and holds departures back while nothing does.

    Once requests that left one after the other were all refused, nothing leaves but one alone,
    after 1, 3, 9, 27 and 81 seconds. The first that passes, of those that left in the meantime
    too, lets the others go on. So the end of a quota, if no answer names it, costs fewer than ten
    requests beyond those that were under way, and two minutes.

    Attributes:
        closed: whether requests are tried alone.
        tries: how many were, in vain.
    """

    closed: bool = False
    tries: int = 0
    _departures: int = 0
    _refused: set[int] = field(factory=set)
    _passed: int = 0
    _closed_since: int = 0
    _tried: int = 0
    _next_try: float = 0.0

    @property
    def certain(self) -> bool:
        """Whether nothing passes any more."""
        return self.tries >= TRIES

    def wait(self, under_way: int, now: float) -> float:
        """Seconds to wait, while so many are under way, before asking again; 0 to leave now."""
        if not self.closed:
            return 0.0
        return FIRST_WAIT if under_way else max(0.0, self._next_try - now)

    def depart(self) -> int:
        """Number a departure."""
        self._departures += 1
        if self.closed:
            self._tried = self._departures
        return self._departures

    def note_passed(self, number: int) -> None:
        """Take in that the departure of that number was not refused."""
        self._passed = max(self._passed, number)
        self._refused = {refused for refused in self._refused if refused > self._passed}
        if self.closed and number >= self._closed_since:
            self.closed, self.tries = False, 0

    def note_refused(self, number: int, now: float) -> None:
        """Take in that the departure of that number was refused."""
        if self.closed:
            if number == self._tried:
                self.tries += 1
                self._next_try = now + FIRST_WAIT * 3.0**self.tries
        elif number > self._passed:
            self._refused.add(number)
            first = last = number
            while first - 1 in self._refused:
                first -= 1
            while last + 1 in self._refused:
                last += 1
            if last - first + 1 >= IN_A_ROW:
                self._close(first, now + FIRST_WAIT)

    def rest(self, until: float) -> None:
        """Try nothing before that time, and then one request alone."""
        self._close(self._departures + 1, until)

    def _close(self, since: int, next_try: float) -> None:
        self.closed = True
        self._closed_since, self._next_try = since, next_try
        self._refused.clear()
