"""Why a run ends before its source does, and when it may go on. No I/O."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from asapp_conversations import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    Receipt,
    RequestFailedError,
    UnprocessableEntityError,
)
from attrs import define, frozen

from ..ledger.days import next_day

FAILURES_IN_A_ROW = 5
"""After so many requests that failed with all their retries, the service fails for everyone."""

REFUSALS_IN_A_ROW = 100
"""After so many refused requests none of which was accepted, it is not single messages."""

NEW_DAY = timedelta(minutes=10)
"""A limit met so soon after midnight is yesterday's: two clocks seldom agree."""


class StoppedBy(StrEnum):
    """Why a run ended early."""

    INTERRUPT = "interrupt"
    TERMINATION = "termination"
    DAILY_LIMIT = "daily_limit"
    RATE_LIMIT = "rate_limit"
    CREDENTIALS = "credentials"
    SERVICE = "service"
    REFUSALS = "refusals"
    UNEXPECTED_ANSWER = "unexpected_answer"
    LEDGER = "ledger"
    TRIAL = "trial"
    DECLINED = "declined"


@frozen
class Stop:
    """The end of a run before its source's.

    Attributes:
        by: why.
        until: when it may go on, in seconds since 1970; None if that is not a matter of time.
        detail: what ASAPP or the disk said.
    """

    by: StoppedBy
    until: float | None = None
    detail: str | None = None


@define
class Breaker:
    """Tells from the outcomes of requests, one after the other, when to stop the run."""

    failures: int = 0
    refusals: int = 0

    def note(self, outcome: Receipt | RequestFailedError, now: float) -> Stop | None:
        """The stop that this outcome leads to, if any; `now` in seconds since 1970."""
        match outcome:
            case Receipt() | ConflictError():
                self.failures = self.refusals = 0
            case AuthenticationError() | PermissionDeniedError():
                return Stop(StoppedBy.CREDENTIALS, detail=str(outcome))
            case RateLimitError() if outcome.retry_after is None:
                pass
            case RateLimitError():
                until = limit_returns(now, outcome.retry_after)
                return Stop(StoppedBy.RATE_LIMIT, until, str(outcome))
            case InternalServerError() | APIConnectionError():
                self.failures += 1
                if self.failures >= FAILURES_IN_A_ROW:
                    return Stop(StoppedBy.SERVICE, detail=str(outcome))
            case PayloadTooLargeError():
                self.failures = 0
            case BadRequestError() | NotFoundError() | UnprocessableEntityError():
                self.failures = 0
                self.refusals += 1
                if self.refusals >= REFUSALS_IN_A_ROW:
                    return Stop(StoppedBy.REFUSALS, detail=str(outcome))
            case _:
                return Stop(StoppedBy.UNEXPECTED_ANSWER, detail=str(outcome))
        return None


def limit_returns(now: float, retry_after: float | None) -> float:
    """When to come back after a 429 that outlasted its retries, in seconds since 1970."""
    if retry_after is not None:
        return now + retry_after
    since_midnight = now - (next_day(now) - timedelta(days=1).total_seconds())
    if since_midnight < NEW_DAY.total_seconds():
        return now + NEW_DAY.total_seconds()
    return next_day(now)
