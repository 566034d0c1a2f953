"""When a request is sent again, and how long to wait before: plain decisions, no I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx
from attrs import frozen

from . import published

JITTER = 0.25
"""A wait is stretched by up to this share, so that clients do not come back in step."""

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_NOT_CONNECTED = {("aiohttp", "ClientConnectorError"), ("aiohttp", "ConnectionTimeoutError")}
_PROGRAMMING_ERRORS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@frozen
class RetryPolicy:
    """How often and how long a request is tried.

    Attributes:
        retries: resends after the first attempt.
        max_wait: seconds; a longer `Retry-After` fails at once.
        total_timeout: seconds from the first attempt after which none is begun, or None.
    """

    retries: int
    max_wait: float
    total_timeout: float | None

    def allows(self, resends: int, elapsed: float, wait: float) -> bool:
        """Whether one more resend may start after `wait` seconds."""
        in_time = self.total_timeout is None or elapsed + wait <= self.total_timeout
        return resends < self.retries and wait <= self.max_wait and in_time


def is_retriable_status(status: int) -> bool:
    """Whether ASAPP asks to send again: 429 and every 5xx, and no other."""
    return status == 429 or status >= 500


def backoff(status: int | None, resends: int, random: float) -> float:
    """Seconds to wait before resend number `resends` + 1, by ASAPP's two schedules.

    `status` is None when no answer came; `random`, from 0 to 1, sets the jitter.
    """
    first = published.RATE_LIMITED_FIRST_DELAY if status == 429 else published.FAILED_FIRST_DELAY
    return float(first * 2.0**resends * (1 + JITTER * random))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks to wait (RFC 9110, section 10.2.3), or None.

    A date counts from the answer's own `Date` where there is one, so that a clock of ours that
    is wrong does no harm; `now` is the time in seconds since 1970 otherwise.
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = _http_date(value)
        if moment is None:
            return None
        sent = _http_date(headers.get("date", ""))
        seconds = max(0.0, moment - (now if sent is None else sent))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def may_have_arrived(error: httpx.RequestError) -> bool:
    """Whether the request can have reached the server although no answer came back."""
    if not isinstance(error, _NEVER_SENT):
        return True
    if error.__cause__ is None:
        return False
    # Other transports map their errors freely: httpx-aiohttp reports as ConnectTimeout both a
    # connection that was refused and one that was reset after the request had left.
    kinds = type(error.__cause__).__mro__
    origins = {(kind.__module__.partition(".")[0], kind.__name__) for kind in kinds}
    of_httpcore = any(package == "httpcore" for package, _ in origins)
    return not of_httpcore and not origins & _NOT_CONNECTED


def is_programming_error(error: httpx.RequestError) -> bool:
    """Whether the request could never have been sent, however often it is tried."""
    return isinstance(error, _PROGRAMMING_ERRORS)


def _http_date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
