"""The life of one request: after each attempt, what comes next. No I/O."""

from __future__ import annotations

import logging

import httpx
from attrs import asdict, define, field, frozen

from . import retry
from .answers import read_error_answer, read_request_id
from .clock import Clock
from .errors import (
    APIConnectionError,
    APITimeoutError,
    RequestFailedError,
    status_error,
)
from .logs import logger
from .retry import RetryPolicy
from .spec import Operation

ALREADY_STORED = "asapp_already_stored"
ATTEMPTS = "asapp_attempts"
REQUEST_IDS = "asapp_request_ids"
"""Keys of `httpx.Response.extensions` on what an exchange returns."""


@frozen
class Resend:
    """Send the same request again.

    Attributes:
        wait: seconds to wait before.
        renew_credentials: whether to ask the credentials' provider first.
    """

    wait: float = 0.0
    renew_credentials: bool = False


@define
class Exchange:
    """Counts the attempts of one request and decides what each outcome means.

    Attributes:
        request: what is sent.
        operation: the document's operation it belongs to, if any.
        renewable: whether a 401 may be answered with other credentials.
    """

    request: httpx.Request
    operation: Operation | None
    policy: RetryPolicy
    clock: Clock
    renewable: bool
    attempts: int = 0
    resends: int = 0
    request_ids: list[str] = field(factory=list)
    outcome_unknown: bool = False
    started: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.started = self.clock.monotonic()

    def judge(self, outcome: httpx.Response | httpx.RequestError) -> httpx.Response | Resend:
        """The answer to hand out, or what to do for another; raises when there is none."""
        self.attempts += 1
        if isinstance(outcome, httpx.RequestError):
            return self._judge_failure(outcome)
        if outcome.is_success and self._is_usable(outcome):
            self._log(logging.DEBUG, str(outcome.status_code))
            return self._mark(outcome)
        return self._judge_status(outcome)

    def _judge_failure(self, error: httpx.RequestError) -> Resend:
        unknown = retry.may_have_arrived(error)
        self.outcome_unknown |= unknown
        hopeless = retry.is_programming_error(error) or (unknown and not self._repeatable)
        wait = retry.backoff(None, self.resends, self.clock.random())
        if not hopeless and self._may_resend(wait):
            return self._resend(type(error).__name__, wait)
        self._log(logging.DEBUG, type(error).__name__)
        timed_out = isinstance(error, httpx.TimeoutException)
        failure = (APITimeoutError if timed_out else APIConnectionError)(
            f"{self.description}: no answer ({type(error).__name__}: {_reason(error)})"
        )
        raise self._complete(failure) from _without_frames(error)

    def _judge_status(self, response: httpx.Response) -> httpx.Response | Resend:
        status = response.status_code
        request_id = read_request_id(response)
        if request_id:
            self.request_ids.append(request_id)
        if status == 409 and self.outcome_unknown:
            success = self.operation.bodiless_success if self.operation else None
            if success is not None:
                self._log(logging.DEBUG, "409, stored by an earlier attempt", request_id)
                return self._mark(_stored_already(success, response))
        if status == 401 and self.renewable:
            self.renewable = False
            self._log(logging.INFO, "401, asks for other credentials", request_id)
            return Resend(renew_credentials=True)
        unusable = response.is_success
        self.outcome_unknown |= status >= 500 or unusable
        asked = retry.retry_after(response.headers, self.clock.time())
        wait = retry.backoff(status, self.resends, self.clock.random()) if asked is None else asked
        retriable = retry.is_retriable_status(status) or (unusable and self._repeatable)
        if retriable and self._may_resend(wait):
            return self._resend(str(status), wait, request_id)
        self._log(logging.DEBUG, str(status), request_id)
        answer = read_error_answer(response, self.request.content)
        failure = status_error(status)(
            self.description, status, retry_after=asked, **asdict(answer)
        )
        raise self._complete(failure)

    @property
    def description(self) -> str:
        """Method and path, as they stand in errors and in the log."""
        return f"{self.request.method} {self.request.url.path}"

    @property
    def _repeatable(self) -> bool:
        return self.operation is not None and self.operation.repeatable

    def _is_usable(self, response: httpx.Response) -> bool:
        return self.operation is None or self.operation.accepts(
            response.status_code, response.content
        )

    def _may_resend(self, wait: float) -> bool:
        return self.policy.allows(self.resends, self._elapsed, wait)

    @property
    def _elapsed(self) -> float:
        return self.clock.monotonic() - self.started

    def _resend(self, why: str, wait: float, request_id: str | None = None) -> Resend:
        self.resends += 1
        self._log(logging.INFO, f"{why}, sends again in {wait:.3f} s", request_id)
        return Resend(wait)

    def _complete(self, error: RequestFailedError) -> RequestFailedError:
        error.attempts = self.attempts
        error.request_ids = tuple(self.request_ids)
        error.outcome_unknown = self.outcome_unknown
        return error

    def _mark(self, response: httpx.Response) -> httpx.Response:
        response.extensions[ATTEMPTS] = self.attempts
        response.extensions[REQUEST_IDS] = tuple(self.request_ids)
        return response

    def _log(self, level: int, outcome: str, request_id: str | None = None) -> None:
        logger.log(
            level,
            "%s: %s (attempt %d, %.3f s, request id %s)",
            self.description,
            outcome,
            self.attempts,
            self._elapsed,
            request_id,
        )


def _stored_already(status: int, conflict: httpx.Response) -> httpx.Response:
    """The success that a 409 to our own resend stands for."""
    return httpx.Response(
        status, json={}, request=conflict.request, extensions={ALREADY_STORED: True}
    )


def _reason(error: httpx.RequestError) -> str:
    # A local protocol error quotes the header it rejects, and a header may be a key.
    if retry.is_programming_error(error):
        return "the request is malformed"
    return str(error) or "no further word"


def _without_frames(error: BaseException) -> BaseException:
    """`error` with its causes, but without the frames, whose locals hold keys and messages."""
    error.__traceback__ = None
    for link in (error.__cause__, error.__context__):
        if link is not None and link.__traceback__ is not None:
            _without_frames(link)
    return error
