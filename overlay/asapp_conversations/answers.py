"""What an answer says, whatever it looks like."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

import httpx
from asapp_conversations_client.facts import WORDS, Operation
from asapp_conversations_client.models import ErrorDetails

from .auth import Credentials
from .echoes import quotes

MAX_ERROR_BYTES = 1024 * 1024
"""What is read of an answer that is no success; the rest says no more."""

KEPT_CHARACTERS = 4096
"""How much of a text is kept on an exception."""

PATH = re.compile(r"\[Path '/?([^']*)'\]")
"""How ASAPP names the part of the request that is wrong (page "Error handling")."""

TOKEN = re.compile(r"[\w.:/+-]{1,128}", re.ASCII)
"""What an id or a code looks like; nothing else is shown as one."""

PARTIAL = frozenset({206, 207})
"""They never say that all was carried out (RFC 9110, 15.3.7; RFC 4918, 11.1)."""

DEFECT = "asapp_defect"
"""In `httpx.Response.extensions`: why the content is not the whole body, or None."""

NOT_JSON = object()


class AnswerReader:
    """Takes in the raw body of an answer, chunk by chunk, and never more than a limit.

    httpx would unpack what a chunk holds whole, which may be a thousand times its size.
    """

    def __init__(self, response: httpx.Response, max_bytes: int) -> None:
        self.response = response
        self._room = max_bytes if response.is_success else min(max_bytes, MAX_ERROR_BYTES)
        self._defect: str | None = None
        self._parts: list[bytes] = []
        self._unpacker: Any = None
        match response.headers.get("content-encoding", "").strip().lower():
            case "" | "identity":
                pass
            case "gzip" | "x-gzip":
                self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            case "deflate":
                self._unpacker = zlib.decompressobj()
            case _:
                self._defect = "its body is encoded in a way that was not asked for"

    def take(self, chunk: bytes) -> bool:
        """Take in a chunk; whether there is any use in another one."""
        if self._unpacker and self._unpacker.eof:
            return False
        try:
            part = self._unpacker.decompress(chunk, self._room + 1) if self._unpacker else chunk
        except zlib.error:
            self._defect = "its body is damaged"
            return False
        if len(part) > self._room:
            self._defect = "its body is too large"
        self._parts.append(part[: self._room])
        self._room -= len(part)
        return self._defect is None

    def break_off(self) -> None:
        """Take in that the rest does not come."""
        self._defect = self._defect or "its body breaks off"

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request` with its body in memory, as far as it came."""
        if self._unpacker:
            if self._parts and not self._unpacker.eof:
                self.break_off()
            del self.response.headers["Content-Encoding"]
        self.response.request = request
        self.response.extensions[DEFECT] = self._defect
        self.response.stream = httpx.ByteStream(b"".join(self._parts))
        self.response.read()
        return self.response


def success_defect(operation: Operation | None, response: httpx.Response) -> str | None:
    """Why an answer with a 2xx does not say that the request was carried out; None if it does.

    It does with a documented status other than 206 and 207, and JSON of any shape, or nothing
    where the document promises nothing.
    """
    defect: str | None = response.extensions[DEFECT]
    if defect or operation is None:
        return defect
    status, successes = response.status_code, operation.successes
    media_types = successes.get(str(status), successes.get(f"{status // 100}XX"))
    if media_types is None or status in PARTIAL:
        return "the document knows no such success"
    if not response.content:
        return "its body is empty" if media_types else None
    if media_types and not any("json" in media_type for media_type in media_types):
        return None
    return "its body is not JSON" if _json(response.content) is NOT_JSON else None


class AnswerWords:
    """What an answer tells in words, whatever its shape; reading it never fails.

    Args:
        response: the answer.
        sent: the body of its request, which the words may quote.
        keys: those that it was sent with, which they may quote, too.
    """

    def __init__(
        self, response: httpx.Response, sent: bytes, keys: Credentials | None = None
    ) -> None:
        self._response = response
        self._sent = sent
        self._keys = keys
        self._payload = NOT_JSON if response.is_success else _json(response.content)
        self._details = _details(self._payload)

    @property
    def request_id(self) -> str:
        """ASAPP's id of the request: an error's body tells it, or the header; else empty."""
        header = self._response.headers.get("x-request-id", "")
        return self._token(self._details.request_id) or self._token(header) or ""

    def details(self) -> dict[str, Any]:
        """What `APIStatusError` keeps of it; what it did not tell is None."""
        message = self._details.message[:KEPT_CHARACTERS]
        path = PATH.search(message)
        small = len(self._response.content) <= KEPT_CHARACTERS and self._payload is not NOT_JSON
        return {
            "code": self._token(self._details.code),
            "message": message or None,
            "message_quotes_request": self._quotes(PATH.sub(_without_words, message)),
            "request_id": self.request_id or None,
            "path": f"/{path[1]}" if path and not _without_words(path) else None,
            "body": self._payload if small else _text(self._response)[:KEPT_CHARACTERS],
        }

    def _quotes(self, words: str) -> bool:
        return (self._keys is not None and self._keys.stand_in(words)) or quotes(self._sent, words)

    def _token(self, value: object) -> str | None:
        """An id or a code, if it looks like one and quotes nothing."""
        if not isinstance(value, str) or not TOKEN.fullmatch(value) or self._quotes(value):
            return None
        return value


def _json(content: bytes) -> object:
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


def _without_words(path: re.Match[str]) -> str:
    """Nothing for a path that is made of the document's own names and of numbers; else itself."""
    parts = path[1].split("/")
    own = all(part in WORDS or (part.isascii() and part.isdigit()) for part in parts)
    return "" if own else path[0]


def _details(payload: object) -> ErrorDetails:
    """The document's error details, with empty strings for what is missing.

    A gateway's answer has a message alone: `{"error": …}` or Apigee's
    `{"fault": {"faultstring": …}}`.
    """
    blank = ErrorDetails(request_id="", message="", code="").to_dict()
    match payload:
        case {"error": dict(error)}:
            kinds = (str, int, float)
            blank |= {name: str(value) for name, value in error.items() if type(value) in kinds}
        case {"error": str(words)} | {"fault": {"faultstring": str(words)}}:
            return ErrorDetails(request_id="", message=words, code="")
    return ErrorDetails.from_dict(blank)
