"""When a request is sent again, and how long to wait before: plain decisions, no I/O."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from .published import FAILED_FIRST_DELAY, RATE_LIMITED_FIRST_DELAY

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that may be sent twice (RFC 9110, section 9.2.2)."""

JITTER = 0.25  # a wait is stretched by up to this share: clients do not come back in step
LONGEST = 1e10  # seconds, some 317 years; longer waits are cut, so that no sum or date overflows
SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NOT_CONNECTED_OF_AIOHTTP = frozenset({"ClientConnectorError", "ConnectionTimeoutError"})


def backoff(status: int | None, resends: int, random: float) -> float:
    """Seconds to wait before one more resend; `status` is None when no answer came."""
    first = RATE_LIMITED_FIRST_DELAY if status == 429 else FAILED_FIRST_DELAY
    return float(first * 2.0**resends * (1 + JITTER * random))


def is_outcome_unknown(status: int, *, before: bool, success: bool) -> bool:
    """Whether the request may have been carried out, after an answer that does not say so.

    `before` is whether an earlier attempt may have been, and `success` whether the status is a
    2xx. A 400 or 422 says that the service does not hold the request, or it would have said 409.
    A 404, a 413 and others may come from somebody who has not asked the service.
    """
    return status not in (400, 422) and (before or success or status >= 500)


def retry_after(headers: httpx.Headers, now: float) -> float | None:
    """Seconds that `Retry-After` asks to wait (RFC 9110, section 10.2.3), or None.

    The longest counts where there are several. A date counts from the answer's own `Date`, or else
    from `now` (seconds since 1970), so that a clock of ours that is wrong does no harm.
    """
    sent = _http_date(headers.get("date", ""))
    begin = now if sent is None else sent
    waits = []
    for value in headers.get_list("retry-after"):
        if SECONDS.fullmatch(value.strip()):
            waits.append(min(float(value), LONGEST))
        elif (moment := _http_date(value)) is not None:
            waits.append(max(0.0, min(moment - begin, LONGEST)))
    return max(waits, default=None)


def was_never_sent(error: Exception) -> bool:
    """Whether the request can certainly not have reached the server."""
    if not isinstance(error, NOT_CONNECTED):
        return False
    # Other transports map their errors freely: httpx-aiohttp reports as ConnectTimeout both a
    # connection that was refused and one that was reset after the request had left.
    return error.__cause__ is None or any(
        kind.__module__.startswith("httpcore") or kind.__name__ in NOT_CONNECTED_OF_AIOHTTP
        for kind in type(error.__cause__).__mro__
    )


def _http_date(value: str) -> float | None:
    """A date of HTTP in seconds since 1970; one without a zone is GMT (RFC 9110, section 5.6.7)."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError):
        return None
