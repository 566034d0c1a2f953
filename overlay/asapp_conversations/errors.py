"""What can go wrong.

* AsappError
  - InvalidRequestError (a ValueError too): it was not sent
  - RequestFailedError
    + APIConnectionError: no answer came back; APITimeoutError: none in time
    + APIStatusError: an answer that is no success, with a class for each status
"""

from __future__ import annotations

from collections.abc import Iterable
from http.client import responses
from typing import Any, ClassVar

from .progress import Progress, counted
from .validation import Problem

SHOWN_PROBLEMS = 20

STATUS_ERRORS: dict[int, type[APIStatusError]] = {}
"""Each class of error that belongs to one status."""


class AsappError(Exception):
    """The base of every error of this package.

    Attributes:
        progress: what is stored and what is not, when `create_messages` failed half-way.
        outcome_unknown: whether a request that was sent may have been carried out.
    """

    progress: Progress | None = None
    outcome_unknown: bool = False
    to_go_on: ClassVar = "To go on from there: create_messages(conversation_id, error.progress)."

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by calling the class, for it may take more than args.
        return type(self).__new__, (type(self), *self.args), vars(self)

    def __str__(self) -> str:
        sentences = self._sentences()
        if self.progress:
            sentences[-1:] = [sentences[-1].removesuffix(".") + ".", str(self.progress)]
            if self.progress.unknown:
                sentences.append(AsappError.to_go_on)
            elif self.progress.remaining:
                sentences.append(self.to_go_on)
        return " ".join(sentences)

    def _sentences(self) -> list[str]:
        return [str(part) for part in self.args]


class InvalidRequestError(AsappError, ValueError):
    """Input, use or configuration that cannot work; what it is about was not sent.

    Attributes:
        problems: each thing that is wrong in the messages, with its place.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    def _sentences(self) -> list[str]:
        lines = [*super()._sentences(), *map(str, self.problems[:SHOWN_PROBLEMS])]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"and {len(self.problems) - SHOWN_PROBLEMS} more, all in .problems")
        return ["\n  ".join(lines)]


class RequestFailedError(AsappError):
    """What an error has in common once a request was tried.

    Attributes:
        attempts: how many times the request was sent.
        request_ids: ASAPP's id of each attempt, in order; empty where no answer told one.
    """

    attempts: int = 1
    request_ids: tuple[str, ...] = ()

    def _attempts(self) -> str:
        return counted(self.attempts, "attempt")


class APIConnectionError(RequestFailedError):
    """No answer came back; `outcome_unknown` says whether the request may have arrived."""

    def _sentences(self) -> list[str]:
        certainty = "may have been" if self.outcome_unknown else "was certainly not"
        ids = ", ".join(filter(None, self.request_ids))
        told = f", request ids {ids}" if ids else ""
        return [*self.args, f"({self._attempts()}{told}). It {certainty} carried out."]


class APITimeoutError(APIConnectionError):
    """No answer came back in time."""


class APIStatusError(RequestFailedError):
    """An answer that does not say that the request was carried out.

    Attributes:
        status_code: the HTTP status.
        code: ASAPP's code, such as `400-01`, where the answer had one.
        message: the answer's own words.
        message_quotes_request: whether they repeat something of the request; if so, they are no
            part of this error's text.
        request_id: ASAPP's id of this attempt; quote it to their support.
        body: the parsed JSON, or the beginning of the text; it may quote the request, too.
        path: the part of the request the message names, such as `/messages/3/timestamp`.
        retry_after: seconds that the answer asked to wait.
        defect: why a status of success does not count as one.
    """

    code: str | None = None
    message: str | None = None
    message_quotes_request: bool = False
    request_id: str | None = None
    body: object = None
    path: str | None = None
    retry_after: float | None = None
    defect: str | None = None
    advice: ClassVar[str] = "The answer is not one that the API documents; check the base URL."

    def __init_subclass__(cls, status: int | None = None) -> None:
        if status:
            STATUS_ERRORS[status] = cls

    def __init__(self, request: str, status_code: int, **answer: Any) -> None:
        super().__init__(request)
        self.status_code = status_code
        vars(self).update(answer)

    def _sentences(self) -> list[str]:
        phrase = responses.get(self.status_code, "(unassigned status)")
        but = f", but {self.defect}" if self.defect else ""
        code = f"code {self.code}, " if self.code else ""
        request_id = f"request id {self.request_id}, " if self.request_id else ""
        facts = f"{code}{request_id}{self._attempts()}"
        sentences = [f"{self.args[0]}: {self.status_code} {phrase}{but} ({facts})."]
        if self.message and self.message_quotes_request:
            about = f" about {self.path}" if self.path else ""
            words = f"ASAPP's words{about} quote the request and are not repeated here; "
            sentences.append(f"{words}they are in .message.")
        elif self.message:
            sentences.append(f"ASAPP says: {self.message.rstrip('.')}.")
        if self.retry_after is not None:
            days = int(self.retry_after // 86_400)
            wait = f"at least {counted(days, 'day')}" if days else f"{self.retry_after:g} s"
            sentences.append(f"It asks to wait {wait}.")
        sentences.append(self.advice)
        if self.status_code >= 500 and any(self.request_ids):
            sentences.append("If it lasts, give ASAPP's support the request id.")
        if self.outcome_unknown:
            sentences.append("An attempt may have been carried out.")
        return sentences


class _UnacceptableError(APIStatusError):
    """What was sent has to be changed before it is sent again."""

    advice = "Correct the request; the same one will fail again."
    to_go_on = (
        "To go on once they are corrected: create_messages(conversation_id, "
        "error.progress.with_remaining(corrected))."
    )


class BadRequestError(_UnacceptableError, status=400):
    """400: the request does not follow the document."""


class AuthenticationError(APIStatusError, status=401):
    """401: the keys are missing or wrong."""

    advice = "Check the API id and secret, and that they belong to this environment."


class PermissionDeniedError(APIStatusError, status=403):
    """403: the keys are right, but may not do this."""

    advice = "Ask ASAPP to allow these keys to use this API."


class NotFoundError(APIStatusError, status=404):
    """404: there is no such conversation, or no such path."""

    advice = "Check the conversation id and the base URL; create the conversation first."


class ConflictError(APIStatusError, status=409):
    """409: ASAPP holds this already."""

    advice = "ASAPP holds this already, so it need not be sent again."


class PayloadTooLargeError(_UnacceptableError, status=413):
    """413: the body is too large."""

    advice = "Shorten the message, or send smaller request bodies."


class UnprocessableEntityError(_UnacceptableError, status=422):
    """422: well-formed, but not acceptable."""


class RateLimitError(APIStatusError, status=429):
    """429: too many requests a second, or the daily limit is reached."""

    advice = "Lower the rate, or wait: a daily limit comes back at 00:00 UTC."


class InternalServerError(APIStatusError):
    """5xx: ASAPP or a gateway in front of it failed."""

    advice = "Try again later."


class ServiceUnavailableError(InternalServerError, status=503):
    """503: ASAPP cannot serve requests for the moment."""


def status_error(status_code: int) -> type[APIStatusError]:
    """The class of error for a status."""
    fallback = InternalServerError if status_code >= 500 else APIStatusError
    return STATUS_ERRORS.get(status_code, fallback)
