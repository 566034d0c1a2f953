"""What an answer says, whatever it looks like, and whether it quotes the request.

Messages are personal data, and no error may repeat them.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
from asapp_conversations_client.facts import WORDS, Operation

from .auth import Credentials
from .published import ERROR_DETAILS

MAX_ERROR_BYTES = 1024 * 1024  # read of an answer that is no success; the rest says no more
KEPT_CHARACTERS = 4096  # of a text, on an exception
ECHO_LENGTH = 8  # a run of so many characters of the request counts as quoted from it
COMPARED_WORDS = 1000  # characters; what is longer is not compared, and counts as a quotation
COMPARED_REQUEST = 1_000_000  # bytes, likewise
PATH = re.compile(r"\[Path '/?([^']*)'\]")  # of what is wrong (ASAPP's page "Error handling")
TOKEN = re.compile(r"[\w.:/+-]{1,128}", re.ASCII)  # an id or a code; all else is shown as none
REQUEST_ID = "x-request-id"
NOT_JSON = object()

BODY = "asapp_body"
"""In `httpx.Response.extensions`: what came of the body, and why it is not whole, or None."""


def with_body(
    response: httpx.Response, content: bytes, limit: int, *, broken_off: bool
) -> httpx.Response:
    """The answer with its body in memory, as far as it came and is no longer than the limit.

    httpx would unpack it whole, and that may be a thousand times its size.
    """
    defect = "its body breaks off" if broken_off else None
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        if encoding not in ("gzip", "x-gzip", "deflate"):
            defect = "its body is encoded in a way that was not asked for"
        elif content:
            unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # of gzip or zlib, as it begins
            try:
                content = unpacker.decompress(content, limit + 1)
                defect = None if unpacker.eof else "its body breaks off"
            except zlib.error:
                defect = "its body is damaged"
    if len(content) > limit:
        content, defect = content[:limit], "its body is too large"
    response.extensions[BODY] = content, defect
    response.stream = httpx.ByteStream(content)
    return response


def read_success(
    operation: Operation | None, response: httpx.Response
) -> tuple[str | None, object]:
    """Why an answer with a 2xx does not say that the request was carried out, and its JSON.

    It does, and there is no reason, with a documented status and JSON of any shape, or nothing where
    the document promises nothing; 206 and 207 never say it of all (RFC 9110, 15.3.7; RFC 4918, 11.1).
    The JSON is `NOT_JSON` where there is none.
    """
    content, defect = response.extensions[BODY]
    if defect:
        return str(defect), NOT_JSON
    payload = read_json(content)
    if operation is None:
        return None, payload
    status, successes = response.status_code, operation.successes
    media_types = successes.get(str(status), successes.get(f"{status // 100}XX"))
    other = media_types and not any("json" in media_type for media_type in media_types)
    if media_types is None or status in (206, 207):
        defect = "the document knows no such success"
    elif not content:
        defect = "its body is empty" if media_types else None
    elif payload is NOT_JSON and not other:
        defect = "its body is not JSON"
    return defect, payload


def success_id(response: httpx.Response, sent: bytes, keys: Credentials | None) -> str:
    """ASAPP's id of a request that succeeded; to look for parts of a message costs too much here."""
    told = response.headers.get(REQUEST_ID, "")
    if not TOKEN.fullmatch(told) or told.encode() in sent:
        return ""
    return "" if keys is not None and keys.stand_in(told) else told


class AnswerWords:
    """What an answer that is no success tells in words, be they quotations; reading it never fails."""

    def __init__(self, response: httpx.Response, sent: bytes, keys: Credentials | None) -> None:
        response.read()
        self._response, self._sent, self._keys = response, sent, keys
        self._payload = read_json(response.content)
        self._details = _details(self._payload)
        header = response.headers.get(REQUEST_ID, "")
        self.request_id = self._token(self._details["requestId"]) or self._token(header) or ""

    @property
    def conflict_defect(self) -> str | None:
        """Why a 409 is not the service's own, which would say that it holds the request.

        ASAPP answers in JSON; a page of HTML is of something in front of it.
        """
        if self._response.status_code != 409 or self._payload is not NOT_JSON:
            return None
        return "its body is not JSON" if self._response.content else None

    def details(self) -> dict[str, Any]:
        """What `APIStatusError` keeps of it; what it did not tell is None."""
        message = self._details["message"][:KEPT_CHARACTERS]
        path = PATH.search(message)
        small = len(self._response.content) <= KEPT_CHARACTERS and self._payload is not NOT_JSON
        return {
            "code": self._token(self._details["code"]),
            "message": message or None,
            "message_quotes_request": self._quoted(PATH.sub(_without_words, message)),
            "request_id": self.request_id or None,
            "path": f"/{path[1]}" if path and not _without_words(path) else None,
            "body": self._payload if small else _text(self._response)[:KEPT_CHARACTERS],
        }

    def _quoted(self, words: str) -> bool:
        return (self._keys is not None and self._keys.stand_in(words)) or quotes(self._sent, words)

    def _token(self, value: str) -> str | None:
        """An id or a code, if it looks like one and quotes nothing."""
        return value if TOKEN.fullmatch(value) and not self._quoted(value) else None


def quotes(sent: bytes, words: str) -> bool:
    """Whether `words` repeat something of the request body `sent`.

    They do with a run of 8 characters of a value, or a whole word equal to one; the document's own
    names and enumerated values aside.
    """
    if len(words) > COMPARED_WORDS or len(sent) > COMPARED_REQUEST:
        return True
    words = words.casefold()
    values = {value.casefold() for value in _values(sent)}
    everything = "\0".join(values)
    starts = range(len(words) - ECHO_LENGTH + 1)
    if any(words[start : start + ECHO_LENGTH] in everything for start in starts):
        return True
    short = {value for value in values if len(value) < ECHO_LENGTH and value in words}
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", words) for value in short)


def _values(sent: bytes) -> Iterator[str]:
    """Every text and number of the request, names that the document does not know among them."""
    payload = read_json(sent)
    pending = [sent.decode("utf-8", "replace") if payload is NOT_JSON else payload]
    while pending:
        match pending.pop():
            case None | bool():
                pass
            case dict(items):
                pending += [*items, *items.values()]
            case list(items):
                pending += items
            case item:
                text = str(item).strip()
                if text and text not in WORDS:
                    yield text


def _without_words(path: re.Match[str]) -> str:
    """Nothing for a path that is made of the document's own names and of numbers; else itself."""
    parts = path[1].split("/")
    own = all(part in WORDS or (part.isascii() and part.isdigit()) for part in parts)
    return "" if own else path[0]


def _details(payload: object) -> dict[str, str]:
    """ASAPP's error details; a gateway, such as Apigee's `fault`, has a message alone."""
    details = dict.fromkeys(ERROR_DETAILS, "")
    match payload:
        case {"error": dict(error)}:
            told = {name: error.get(name) for name in ERROR_DETAILS}
            details |= {name: str(it) for name, it in told.items() if type(it) in (str, int, float)}
        case {"error": str(words)} | {"fault": {"faultstring": str(words)}}:
            details["message"] = words
    return details


def read_json(content: bytes) -> object:
    """The value of a JSON text; `NOT_JSON` for anything else."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return NOT_JSON


def _text(response: httpx.Response) -> str:
    """The body as text, in the charset that the answer names if there is such a one."""
    try:
        return response.content.decode(response.charset_encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        return response.content.decode("utf-8", "replace")
