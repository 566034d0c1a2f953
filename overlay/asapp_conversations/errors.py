"""What can go wrong.

* AsappError
  - InvalidRequestError (a ValueError too): wrong before anything was sent
  - APIConnectionError: no answer came back
    + APITimeoutError: none in time
  - APIStatusError: an answer that is no success
    + BadRequestError 400
    + AuthenticationError 401
    + PermissionDeniedError 403
    + NotFoundError 404
    + ConflictError 409
    + PayloadTooLargeError 413
    + UnprocessableEntityError 422
    + RateLimitError 429
    + InternalServerError 5xx
      · ServiceUnavailableError 503
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

if TYPE_CHECKING:
    from asapp_conversations_client.models import Message

    from .validation import Problem

SHOWN_PROBLEMS = 20


def counted(values: Sequence[Any]) -> str:
    """How many there are, to show in the place of what they say."""
    return f"<{len(values)}>"


@frozen
class Progress:
    """How far a call of `create_messages` came before it failed or was interrupted.

    Attributes:
        stored: how many messages ASAPP has accepted in this call.
        already_stored: how many it held from before.
        unknown: the messages of the one batch whose outcome no answer told; pass them as
            `unknown=` of the next call, which sends them as the very same batch.
        remaining: the messages that are certainly not stored, in order.
        requests: how many requests have left, without those of a batch that was interrupted.
        retries: how many of them were resends.
    """

    stored: int = 0
    already_stored: int = 0
    unknown: Sequence[Message] = field(default=(), repr=counted)
    remaining: Sequence[Message] = field(default=(), repr=counted)
    requests: int = 0
    retries: int = 0

    def __str__(self) -> str:
        total = self.stored + self.already_stored + len(self.unknown) + len(self.remaining)
        return (
            f"Of {total} messages {self.stored + self.already_stored} are stored, "
            f"{len(self.unknown)} are of unknown outcome, {len(self.remaining)} remain; "
            "send the rest with create_messages(id, error.progress.remaining, "
            "unknown=error.progress.unknown)."
        )


class AsappError(Exception):
    """The base of every error of this package.

    Attributes:
        progress: what is stored and what is not, when `create_messages` failed half-way.
    """

    progress: Progress | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__.copy())

    def __str__(self) -> str:
        return " ".join([*self._sentences(), *([str(self.progress)] if self.progress else [])])

    def _sentences(self) -> list[str]:
        return [str(part) for part in self.args]


class InvalidRequestError(AsappError, ValueError):
    """Input or configuration that cannot work; nothing was sent.

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
        request_ids: ASAPP's id of each attempt that told one, in order.
        outcome_unknown: whether one of the attempts may have been carried out.
    """

    attempts: int = 1
    request_ids: tuple[str, ...] = ()
    outcome_unknown: bool = False


class APIConnectionError(RequestFailedError):
    """No answer came back: refused, reset, unresolved or broken off.

    `outcome_unknown` says whether the request may have arrived all the same.
    """

    def _sentences(self) -> list[str]:
        arrived = (
            "It may have been carried out."
            if self.outcome_unknown
            else "It was certainly not carried out."
        )
        attempts = f"({_count(self.attempts, 'attempt')}{_quoted_ids(self.request_ids)})."
        return [*super()._sentences(), attempts, arrived]


class APITimeoutError(APIConnectionError):
    """No answer came back in time."""


class APIStatusError(RequestFailedError):
    """An answer whose status is no success.

    Attributes:
        status_code: the HTTP status.
        code: ASAPP's code, such as `400-01`, where the answer had one.
        message: the answer's own words, with what they quote of the request taken out.
        request_id: ASAPP's id of this attempt; quote it to their support.
        body: the parsed JSON, or the beginning of the text, redacted like `message`.
        path: the part of the request the message names, such as `/messages/3/timestamp`.
        retry_after: seconds that the answer asked to wait.
    """

    advice: ClassVar[str] = "The answer is not one that the API documents; check the base URL."

    def __init__(
        self,
        request: str,
        status_code: int,
        *,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
        body: object = None,
        path: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(request)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.request_id = request_id
        self.body = body
        self.path = path
        self.retry_after = retry_after

    def _sentences(self) -> list[str]:
        facts = [f"code {self.code}"] if self.code else []
        facts += [f"request id {self.request_id}"] if self.request_id else []
        facts += [_count(self.attempts, "attempt")]
        sentences = [f"{self.args[0]}: {self.status_code} {self._phrase()} ({', '.join(facts)})."]
        if self.message:
            sentences.append(f"ASAPP says: {self.message.rstrip('.')}.")
        if self.retry_after is not None:
            sentences.append(f"It asks to wait {self.retry_after:g} s.")
        sentences.append(self.advice)
        if self.outcome_unknown:
            sentences.append("An attempt may have been carried out.")
        return sentences

    def _phrase(self) -> str:
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return "(unassigned status)"


class BadRequestError(APIStatusError):
    """400: the request does not follow the document."""

    advice = "Correct the request; the same one will fail again."


class AuthenticationError(APIStatusError):
    """401: the keys are missing or wrong."""

    advice = "Check the API id and secret, and that they belong to this environment."


class PermissionDeniedError(APIStatusError):
    """403: the keys are right, but may not do this."""

    advice = "Ask ASAPP to allow these keys to use this API."


class NotFoundError(APIStatusError):
    """404: there is no such conversation, or no such path."""

    advice = "Check the conversation id and the base URL; create the conversation first."


class ConflictError(APIStatusError):
    """409: ASAPP holds this already."""

    advice = "ASAPP holds this already; create_messages(…, conflict_is_stored=True) counts it so."


class PayloadTooLargeError(APIStatusError):
    """413: the body is too large."""

    advice = "Shorten the message; one message alone is too large."


class UnprocessableEntityError(APIStatusError):
    """422: well-formed, but not acceptable."""

    advice = "Correct the request; the same one will fail again."


class RateLimitError(APIStatusError):
    """429: too many requests a second, or the daily limit is reached."""

    advice = "Lower rate=, or wait: a daily limit comes back at 00:00 UTC."


class InternalServerError(APIStatusError):
    """5xx: ASAPP or a gateway in front of it failed."""

    advice = "Try again later; if it lasts, give ASAPP the request id."


class ServiceUnavailableError(InternalServerError):
    """503: ASAPP cannot serve requests for the moment."""


STATUS_ERRORS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    503: ServiceUnavailableError,
}


def status_error(status_code: int) -> type[APIStatusError]:
    """The class of error for a status."""
    fallback = InternalServerError if status_code >= 500 else APIStatusError
    return STATUS_ERRORS.get(status_code, fallback)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _quoted_ids(request_ids: tuple[str, ...]) -> str:
    return f", request ids {', '.join(request_ids)}" if request_ids else ""


def _restore(cls: type[AsappError], args: tuple[Any, ...], state: dict[str, Any]) -> AsappError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error
