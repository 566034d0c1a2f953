"""What an attempt means: whether the request is sent again, and when. Plain decisions, no I/O."""

from __future__ import annotations

import logging
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx
from asapp_conversations_client.facts import Operation
from attrs import define, field

from . import errors
from .answers import NOT_JSON, AnswerWords, read_success, success_id
from .auth import Credentials
from .logs import logger
from .options import Settings
from .progress import Receipt
from .published import FAILED_FIRST_DELAY, RATE_LIMITED_FIRST_DELAY
from .validation import is_as_documented

RECEIPT = "asapp_receipt"
"""In `httpx.Response.extensions`: the `Receipt` of an answer."""

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


@define(eq=False)
class Exchange:
    """Decides what each attempt at one request means.

    Attributes:
        request: what is sent, without the keys.
        operation: the document's operation it belongs to, if any.
        settings: the options of the client.
        renewable: whether a 401 may be answered with other credentials.
        outcome_unknown: whether an attempt, or an earlier call, may have been carried out.
        resends: how many attempts are followed by another one.
        pardoned: how many of them a gate does not count as retries, since it tells by itself when
            refusals come to an end.
        request_ids: ASAPP's id of each attempt that has ended; empty where no answer told one.
    """

    request: httpx.Request
    operation: Operation | None
    settings: Settings
    renewable: bool
    outcome_unknown: bool = False
    resends: int = 0
    pardoned: int = 0
    request_ids: list[str] = field(factory=list)
    _started: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._started = self.settings.clock.monotonic()

    @property
    def attempts(self) -> int:
        """How many have ended."""
        return len(self.request_ids)

    def judge(
        self, outcome: httpx.Response | Exception, keys: Credentials | None = None
    ) -> httpx.Response | float:
        """The answer to hand out, or the seconds until the next attempt; raises if neither is.

        After a 401 the next attempt is one with other keys.
        """
        if isinstance(outcome, Exception):
            self.request_ids.append("")
            return self._judge_failure(outcome)
        sent, defect = self.request.content, None
        if outcome.is_success:
            defect, answer = read_success(self.operation, outcome)
            if not defect:
                self.request_ids.append(success_id(outcome, sent, keys))
                return self._accept(outcome, answer)
        words = AnswerWords(outcome, sent, keys)
        self.request_ids.append(words.request_id)
        return self._judge_status(outcome, defect or words.conflict_defect, words)

    def _judge_failure(self, error: Exception) -> float:
        name = type(error).__name__
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
            # Its words may quote the header that cannot be sent, and that may be a key.
            raise errors.InvalidRequestError(
                f"{self._description}: nothing was sent, for the request is malformed ({name}); "
                "check its headers and its URL"
            ) from None
        self.outcome_unknown |= not was_never_sent(error)
        wait = backoff(None, self._retries, self.settings.clock.random())
        of_network = isinstance(error, (httpx.TransportError, OSError))
        if self._resends(name, wait, retriable=of_network):
            return wait
        # What another library says may quote a header, and that may be a key; what the server
        # says in the place of an answer may quote anything.
        garbled = isinstance(error, httpx.ProtocolError)
        words = str(error) if of_network and not garbled else ""
        timed_out = isinstance(error, (httpx.TimeoutException, TimeoutError))
        kind = errors.APITimeoutError if timed_out else errors.APIConnectionError
        host = self.request.url.netloc.decode("ascii")
        told = f"no answer from {host} ({name}: {words or 'no further word'})"
        raise self._complete(kind(f"{self._description}: {told}")) from (None if garbled else error)

    def _judge_status(
        self, response: httpx.Response, defect: str | None, words: AnswerWords
    ) -> httpx.Response | float:
        status, clock = response.status_code, self.settings.clock
        success = self.operation.bodiless_success if self.operation else None
        if status == 409 and not defect and self.outcome_unknown and success is not None:
            stored = httpx.Response(success, json={}, request=self.request)
            return self._accept(stored, NOT_JSON, by_conflict=True)
        if status == 401 and self.renewable:
            self.renewable = False
            self._log(logging.INFO, "401, asks for other credentials")
            return 0.0
        self.outcome_unknown = is_outcome_unknown(
            status, before=self.outcome_unknown, success=response.is_success
        )
        asked = retry_after(response.headers, clock.time())
        wait = backoff(status, self._retries, clock.random()) if asked is None else asked
        # ASAPP asks to send again after 429 and 5xx alone.
        retriable = status == 429 or status >= 500 or response.is_success
        if self._resends(str(status), wait, retriable=retriable):
            return wait
        facts = {**words.details(), "retry_after": asked, "defect": defect}
        kind = errors.APIStatusError if status == 409 and defect else errors.status_error(status)
        raise self._complete(kind(self._description, status, **facts))

    @property
    def _description(self) -> str:
        return f"{self.request.method} {self.request.url.path}"

    @property
    def _retries(self) -> int:
        return max(0, self.resends - self.pardoned)

    @property
    def _elapsed(self) -> float:
        return self.settings.clock.monotonic() - self._started

    def _resends(self, why: str, wait: float, *, retriable: bool) -> bool:
        """Whether the request is sent again: where that is of use, safe and in time."""
        settings, total = self.settings, self.settings.total_timeout
        idempotent = self.request.method in IDEMPOTENT_METHODS
        repeatable = self.operation.repeatable if self.operation else idempotent
        again = (
            retriable
            and (repeatable or not self.outcome_unknown)
            and wait <= settings.max_wait
            and (total is None or self._elapsed + wait <= total)
            and self.resends < settings.retries + self.pardoned
        )
        self.resends += again
        told = f"{why}, sends again in {wait:.3f} s" if again else why
        self._log(logging.INFO if again else logging.DEBUG, told)
        return again

    def _accept(
        self, response: httpx.Response, answer: object, *, by_conflict: bool = False
    ) -> httpx.Response:
        outcome = "409, stored by an earlier attempt" if by_conflict else str(response.status_code)
        self._log(logging.DEBUG, outcome)
        known = None if by_conflict else self.operation
        if known and not is_as_documented(known, response.status_code, answer):
            self._log(logging.WARNING, f"{outcome}, with an answer that is not as documented")
        told = None if answer is NOT_JSON else answer
        response.extensions[RECEIPT] = Receipt(tuple(self.request_ids), by_conflict, told)
        return response

    def _complete(self, error: errors.RequestFailedError) -> errors.RequestFailedError:
        error.attempts = self.attempts
        error.request_ids = tuple(self.request_ids)
        error.outcome_unknown = self.outcome_unknown
        return error

    def _log(self, level: int, outcome: str) -> None:
        if logger.isEnabledFor(level):
            request_id = self.request_ids[-1] or "unknown"
            about = f"attempt {self.attempts}, {self._elapsed:.3f} s, request id {request_id}"
            logger.log(level, "%s: %s (%s)", self._description, outcome, about)
