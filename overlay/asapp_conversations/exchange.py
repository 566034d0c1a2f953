"""The life of one request: after each attempt, what comes next. No I/O."""

from __future__ import annotations

import logging

import httpx
from asapp_conversations_client.facts import Operation
from attrs import define, field, frozen

from . import errors, retry
from .answers import AnswerWords, success_defect, success_id
from .auth import Credentials
from .logs import logger
from .options import Settings
from .progress import Receipt

RECEIPT = "asapp_receipt"
"""In `httpx.Response.extensions`: the `Receipt` of an answer."""


@frozen
class Resend:
    """Send the same request again, after so many seconds, or with other credentials."""

    wait: float = 0.0
    renew_credentials: bool = False


@define(eq=False)
class Exchange:
    """Decides what each attempt at one request means.

    Attributes:
        request: what is sent, without the keys.
        operation: the document's operation it belongs to, if any.
        renewable: whether a 401 may be answered with other credentials.
        outcome_unknown: whether an attempt, or an earlier call, may have been carried out.
        resends: how many attempts are followed by another one.
        request_ids: ASAPP's id of each attempt that has ended; empty where no answer told one.
    """

    request: httpx.Request
    operation: Operation | None
    settings: Settings
    renewable: bool
    outcome_unknown: bool = False
    resends: int = 0
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
    ) -> httpx.Response | Resend:
        """The answer to hand out, or what to do for another; raises when there is none."""
        if isinstance(outcome, Exception):
            self.request_ids.append("")
            return self._judge_failure(outcome)
        sent = self.request.content
        defect = success_defect(self.operation, outcome) if outcome.is_success else None
        if outcome.is_success and not defect:
            self.request_ids.append(success_id(outcome, sent, keys))
            return self._accept(outcome)
        words = AnswerWords(outcome, sent, keys)
        self.request_ids.append(words.request_id)
        return self._judge_status(outcome, defect, words)

    def _judge_failure(self, error: Exception) -> Resend:
        name = type(error).__name__
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
            # Its words may quote the header that cannot be sent, and that may be a key.
            raise errors.InvalidRequestError(
                f"{self._description}: nothing was sent, for the request is malformed ({name}); "
                "check its headers and its URL"
            ) from None
        self.outcome_unknown |= not retry.was_never_sent(error)
        wait = retry.backoff(None, self.resends, self.settings.clock.random())
        of_network = isinstance(error, (httpx.TransportError, OSError))
        if of_network and self._may_resend(wait):
            return self._resend(name, wait)
        self._log(logging.DEBUG, name)
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
    ) -> httpx.Response | Resend:
        status, clock = response.status_code, self.settings.clock
        success = self.operation.bodiless_success if self.operation else None
        if status == 409 and self.outcome_unknown and success is not None:
            stored = httpx.Response(success, json={}, request=self.request)
            return self._accept(stored, by_conflict=True)
        if status == 401 and self.renewable:
            self.renewable = False
            self._log(logging.INFO, "401, asks for other credentials")
            return Resend(renew_credentials=True)
        self.outcome_unknown = retry.is_outcome_unknown(
            status, before=self.outcome_unknown, success=response.is_success
        )
        asked = retry.retry_after(response.headers, clock.time())
        wait = retry.backoff(status, self.resends, clock.random()) if asked is None else asked
        # ASAPP asks to send again after 429 and 5xx alone.
        if (status == 429 or status >= 500 or defect) and self._may_resend(wait):
            return self._resend(str(status), wait)
        self._log(logging.DEBUG, str(status))
        kind = errors.status_error(status)
        raise self._complete(
            kind(self._description, status, retry_after=asked, defect=defect, **words.details())
        )

    @property
    def _description(self) -> str:
        return f"{self.request.method} {self.request.url.path}"

    @property
    def _elapsed(self) -> float:
        return self.settings.clock.monotonic() - self._started

    def _may_resend(self, wait: float) -> bool:
        settings, total = self.settings, self.settings.total_timeout
        in_time = wait <= settings.max_wait and (total is None or self._elapsed + wait <= total)
        idempotent = self.request.method in retry.IDEMPOTENT_METHODS
        repeatable = self.operation.repeatable if self.operation else idempotent
        return (
            (repeatable or not self.outcome_unknown) and in_time and self.resends < settings.retries
        )

    def _resend(self, why: str, wait: float) -> Resend:
        self.resends += 1
        self._log(logging.INFO, f"{why}, sends again in {wait:.3f} s")
        return Resend(wait)

    def _accept(self, response: httpx.Response, *, by_conflict: bool = False) -> httpx.Response:
        outcome = "409, stored by an earlier attempt" if by_conflict else str(response.status_code)
        self._log(logging.DEBUG, outcome)
        response.extensions[RECEIPT] = Receipt(tuple(self.request_ids), by_conflict)
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
