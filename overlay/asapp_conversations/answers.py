"""What an error answer says, whatever it looks like, with nothing in it of what was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
from asapp_conversations_client.models import ErrorDetails
from attrs import frozen

from .spec import load_document

KEPT_CHARACTERS = 4096
"""How much of a body is kept on an exception."""

ECHO_LENGTH = 8
"""A run of this many characters that also stands in the request counts as quoted from it."""

SEARCHED_CHARACTERS = 1_000_000
"""A request with more text than this is not searched; its error answer's words are withheld."""

REDACTED = "[redacted]"
_PATH = re.compile(r"(\[Path '([^']*)'\])")


@frozen
class ErrorAnswer:
    """The parts of an error answer; what it did not tell is None."""

    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    path: str | None = None
    body: object = None


def read_error_answer(response: httpx.Response, sent: bytes) -> ErrorAnswer:
    """Read the documented error shape, a gateway's, or anything else, and never fail.

    `sent` is the body of the request; what the answer quotes of it is redacted.
    """
    redact = _redactor(sent, load_document().words)
    payload = _json(response.content)
    if payload is None or len(response.content) > KEPT_CHARACTERS:
        body: object = redact(response.text[:KEPT_CHARACTERS])
    else:
        body = _redact_strings(payload, redact)
    error = payload.get("error") if isinstance(payload, dict) else None
    if isinstance(error, dict):
        details = _documented(error)
    elif isinstance(error, str):
        details = ErrorAnswer(message=error)
    else:
        details = ErrorAnswer(message=_gateway_message(payload))
    message = details.message[:KEPT_CHARACTERS] if details.message else None
    path = _PATH.search(message or "")
    return ErrorAnswer(
        code=details.code,
        message=redact(message) if message else None,
        request_id=details.request_id,
        path=path[2] if path else None,
        body=body,
    )


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _documented(error: dict[str, object]) -> ErrorAnswer:
    """The document's error details, of which any may be missing."""
    texts = {name: value for name, value in error.items() if isinstance(value, str)}
    required = dict.fromkeys(load_document().required_error_details, "")
    details = ErrorDetails.from_dict(required | texts)
    return ErrorAnswer(
        code=details.code or None,
        message=details.message or None,
        request_id=details.request_id or None,
    )


def _gateway_message(payload: object) -> str | None:
    """The words of an Apigee fault: `{"fault": {"faultstring": …}}`."""
    fault = payload.get("fault") if isinstance(payload, dict) else None
    words = fault.get("faultstring") if isinstance(fault, dict) else None
    return words if isinstance(words, str) else None


def _redactor(content: bytes, public: frozenset[str]) -> Callable[[str], str]:
    """A function that takes out of a text whatever also stands in the request body."""
    sent = {text for text in _strings(_json(content)) if text not in public}
    if sum(map(len, sent)) > SEARCHED_CHARACTERS:
        return lambda text: REDACTED
    long = "\0".join(text for text in sent if len(text) >= ECHO_LENGTH)
    short = [re.escape(text) for text in sent if text.strip() and len(text) < ECHO_LENGTH]
    short_words = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(short))})(?!\w)") if short else None

    def redact(text: str) -> str:
        pieces = _PATH.split(text)
        kept = pieces[1::3]
        cleaned = [_redact_echoes(piece, long) for piece in pieces[::3]]
        if short_words:
            cleaned = [short_words.sub(REDACTED, piece) for piece in cleaned]
        return "".join(piece for pair in zip(cleaned, [*kept, ""], strict=True) for piece in pair)

    return redact


def _redact_echoes(text: str, sent: str) -> str:
    starts = [
        start
        for start in range(len(text) - ECHO_LENGTH + 1)
        if text[start : start + ECHO_LENGTH] in sent
    ]
    quoted = {position for start in starts for position in range(start, start + ECHO_LENGTH)}
    marked = "".join("\0" if i in quoted else char for i, char in enumerate(text))
    return re.sub("\0+", REDACTED, marked)


def _redact_strings(value: object, redact: Callable[[str], str]) -> object:
    match value:
        case str():
            return redact(value)
        case dict():
            return {key: _redact_strings(item, redact) for key, item in value.items()}
        case list():
            return [_redact_strings(item, redact) for item in value]
        case _:
            return value


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _strings(item)
        case list():
            for item in value:
                yield from _strings(item)
