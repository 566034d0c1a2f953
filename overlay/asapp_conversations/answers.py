"""What an error answer says, whatever it looks like."""

from __future__ import annotations

import json

import httpx
from asapp_conversations_client.models import ErrorDetails
from attrs import frozen

from .redaction import PATH, Redactor

KEPT_CHARACTERS = 4096
"""How much of a body, and of a message, is kept on an exception."""

KEPT_BRACKETS = 200


@frozen
class ErrorAnswer:
    """The parts of an error answer; what it did not tell is None."""

    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    path: str | None = None
    body: object = None


def read_request_id(response: httpx.Response) -> str | None:
    """ASAPP's id of the request, if the answer tells one."""
    return _details(_json(response.content)).request_id or None


def read_error_answer(response: httpx.Response, sent: bytes) -> ErrorAnswer:
    """Read the documented error shape, a gateway's, or anything else, and never fail.

    `sent` is the body of the request; what the answer quotes of it is redacted.
    """
    payload = _json(response.content)
    details = _details(payload)
    message = details.message[:KEPT_CHARACTERS]
    kept = payload if _is_small(response.content) else None
    if kept is None:
        kept = response.text[:KEPT_CHARACTERS]
    redactor = Redactor(_json(sent), [message, kept])
    message = redactor.text(message)
    path = PATH.search(message)
    return ErrorAnswer(
        code=details.code or None,
        message=message or None,
        request_id=details.request_id or None,
        path=path[0].split("'")[1] if path else None,
        body=redactor.value(kept),
    )


def _is_small(content: bytes) -> bool:
    """Whether a body is kept whole; one that nests very deep cannot be walked through."""
    brackets = content.count(b"[") + content.count(b"{")
    return len(content) <= KEPT_CHARACTERS and brackets <= KEPT_BRACKETS


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _details(payload: object) -> ErrorDetails:
    """The document's error details, with empty strings for what is missing.

    A gateway's answer has a message alone: `{"error": …}` or Apigee's
    `{"fault": {"faultstring": …}}`.
    """
    blank = ErrorDetails(request_id="", message="", code="").to_dict()
    match payload:
        case {"error": dict(error)}:
            blank |= {name: value for name, value in error.items() if isinstance(value, str)}
            return ErrorDetails.from_dict(blank)
        case {"error": str(words)} | {"fault": {"faultstring": str(words)}}:
            return ErrorDetails(request_id="", message=words, code="")
        case _:
            return ErrorDetails.from_dict(blank)
