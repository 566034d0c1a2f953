"""The answers that go out: the document's errors, and what a bad day makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from uuid import uuid4

import orjson
from asapp_conversations.toolkit import ERROR_DETAILS
from attrs import evolve, field, frozen

from .example_values import example_value
from .faults import Fault
from .schemas import Schemas

REQUEST_ID = "x-request-id"
ERROR = "#/$defs/ErrorResponse"


@frozen
class Answer:
    """What is sent back.

    Attributes:
        body: the bytes, or None for an answer without a body.
        promised: the length that the header announces, when the body ends before it.
    """

    status: int
    body: bytes | None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)
    promised: int | None = None
    request_id: str = field(factory=lambda: str(uuid4()))


class ErrorAnswers:
    """The document's errors; of the shape that ASAPP publishes where the document has none."""

    def __init__(self, schemas: Schemas) -> None:
        shown = example_value(schemas, {"$ref": ERROR}) if "ErrorResponse" in schemas.named else {}
        self._example = shown if isinstance(shown, dict) else {}

    def answer(self, status: int, message: str | None = None, **headers: str) -> Answer:
        """The error of that status, with a fresh request id."""
        request_id = str(uuid4())
        told = dict(
            zip(
                ERROR_DETAILS, (request_id, message or _phrase(status), f"{status}-01"), strict=True
            )
        )
        error = self._example.get("error", {})
        details = {**error, **told} if isinstance(error, dict) else told
        body = orjson.dumps({**self._example, "error": details})
        return Answer(status, body, headers=headers, request_id=request_id)

    def bad_day(self, fault: Fault, now: float) -> Answer:
        """The answer of a `status` fault at the time `now`, in seconds since 1970."""
        answer = self.answer(fault.status)
        retry_after = fault.retry_after_header(now)
        if retry_after is not None:
            answer = evolve(answer, headers={"retry-after": retry_after})
        whole = answer.body or b""
        half = whole[: len(whole) // 2]
        match fault.body:
            case "json":
                return answer
            case "truncated":
                return evolve(answer, body=half)
            case "cut-off":
                return evolve(answer, body=half, promised=len(whole))
            case other:
                body, media_type = _BODIES[other]
                return evolve(answer, body=body, media_type=media_type)


_BODIES = {
    "gateway": (
        orjson.dumps(
            {
                "fault": {
                    "faultstring": "Unexpected EOF at target",
                    "detail": {"errorcode": "messaging.adaptors.http.flow.UnexpectedEOFAtTarget"},
                }
            }
        ),
        "application/json",
    ),
    "html": (
        b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n",
        "text/html",
    ),
    "empty": (b"", "application/json"),
    "wrong-charset": (
        "Bitte später erneut versuchen".encode("latin-1"),
        "text/plain; charset=utf-8",
    ),
}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
