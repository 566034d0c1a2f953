"""One set of valid and invalid requests, over every rule of the document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from asapp_conversations.auth import Credentials
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_client.facts import BATCH
from attrs import field, frozen
from documented import CONVERSATION, batch_path

KEYS = Credentials("emulator-id", "emulator-secret").headers()
ROLES = BATCH.message_schema["properties"]["sender"]["properties"]["role"]["enum"]
NAME = BATCH.messages_property
JSON = {"content-type": "application/json"}

DROP = object()
"""In place of a value: the property is left out."""


@frozen
class Case:
    """A request; `path` is as it stands in the request line."""

    name: str
    content: bytes = b""
    method: str = "POST"
    path: str = batch_path()
    headers: Mapping[str, str] = field(factory=lambda: {**KEYS, **JSON})


def message(**changes: Any) -> dict[str, Any]:
    """A valid message, with some properties changed or dropped."""
    whole = {
        "text": "Hello",
        "sender": {"role": ROLES[0], "externalId": "a-1"},
        "timestamp": "2021-11-23T12:13:14.555Z",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not DROP}


def sender(**changes: Any) -> dict[str, Any]:
    """A valid message whose sender is changed."""
    whole = {"role": ROLES[0], "externalId": "a-1", **changes}
    return message(sender={name: value for name, value in whole.items() if value is not DROP})


def batch(*messages: Any) -> bytes:
    """A body with these messages."""
    return json.dumps({NAME: messages}).encode()


def cases() -> Iterator[Case]:
    """Every case; the name says what is special about it."""
    for name, value in bodies().items():
        yield Case(f"body: {name}", value)
    for name, value in messages().items():
        yield Case(f"message: {name}", batch(value))
    for name, text in TIMES.items():
        yield Case(f"timestamp: {name}", batch(message(text=name, timestamp=text)))
    good = batch(message(text="a good message"))
    for name, conversation_id in IDS.items():
        yield Case(f"id: {name}", good, path=Case("").path.replace(CONVERSATION, conversation_id))
    for name, path in PATHS.items():
        yield Case(f"path: {name}", good, path=path)
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"):
        yield Case(f"method: {method}", method=method)
    for name, headers in KEY_HEADERS.items():
        yield Case(f"keys: {name}", good, headers={**headers, **JSON})
    yield Case("keys: none, and an invalid body", b"{", headers=JSON)
    for name, media_type in MEDIA_TYPES.items():
        content = batch(message(text=f"as {name}"))
        yield Case(f"media type: {name}", content, headers={**KEYS, **media_type})


def bodies() -> dict[str, bytes]:
    """Bodies as a whole."""
    limit = MOST_MESSAGES
    return {
        "one message": batch(message()),
        "the most messages": batch(*[message()] * limit),
        "one message too many": batch(*[message()] * (limit + 1)),
        "no messages": batch(),
        "the list left out": b"{}",
        "a further property": json.dumps({NAME: [message()], "more": 1}).encode(),
        "the list is null": json.dumps({NAME: None}).encode(),
        "the list is an object": json.dumps({NAME: {}}).encode(),
        "the list is a text": json.dumps({NAME: "x"}).encode(),
        "null": b"null",
        "a list": b"[]",
        "a text": b'"x"',
        "a number": b"5",
        "empty": b"",
        "spaces": b"  ",
        "half of it": batch(message())[:40],
        "a comma too many": b'{"messages": [],}',
        "NaN": b'{"messages": NaN}',
        "not UTF-8": b'{"messages": "\xff"}',
        "in UTF-16": batch(message()).decode().encode("utf-16"),
        "with a byte order mark": b"\xef\xbb\xbf" + batch(message(text="BOM")),
    }


def messages() -> dict[str, Any]:
    """Messages by what is special about them."""
    return {
        **{f"role {role}": sender(role=role) for role in ROLES},
        "role unknown": sender(role="robot"),
        "role in upper case": sender(role=ROLES[0].upper()),
        "role empty": sender(role=""),
        "role null": sender(role=None),
        "role a number": sender(role=1),
        "role left out": sender(role=DROP),
        "external id empty": sender(externalId=""),
        "external id a number": sender(externalId=123),
        "external id null": sender(externalId=None),
        "external id left out": sender(externalId=DROP),
        "sender with more": sender(name="Kim"),
        "sender left out": message(sender=DROP),
        "sender null": message(sender=None),
        "sender a text": message(sender="agent"),
        "sender empty": message(sender={}),
        "text of one character": message(text="x"),
        "text of spaces": message(text="   "),
        "text with emoji": message(text="\N{GRINNING FACE} ü \u2028"),
        "text of 100,000 characters": message(text="x" * 100_000),
        "text empty": message(text=""),
        "text left out": message(text=DROP),
        "text null": message(text=None),
        "text a number": message(text=5),
        "text a list": message(text=["x"]),
        "text an object": message(text={}),
        "text a boolean": message(text=True),
        "timestamp left out": message(timestamp=DROP),
        "timestamp null": message(timestamp=None),
        "timestamp a number": message(timestamp=1637669594),
        "with more": message(text="with more", id="m-1"),
        "null": None,
        "a text": "x",
        "a list": [],
        "empty": {},
    }


TIMES = {
    "UTC": "2021-11-23T12:13:14Z",
    "with an offset": "2021-11-23T12:13:14+05:30",
    "with 1 digit": "2021-11-23T12:13:14.5Z",
    "with 6 digits": "2021-11-23T12:13:14.555555Z",
    "with 12 digits": "2021-11-23T12:13:14.555555555555Z",
    "with 13 digits": "2021-11-23T12:13:14.5555555555555Z",
    "with no digit after the point": "2021-11-23T12:13:14.Z",
    "in lower case": "2021-11-23t12:13:14z",
    "with a space": "2021-11-23 12:13:14Z",
    "without a zone": "2021-11-23T12:13:14",
    "without seconds": "2021-11-23T12:13Z",
    "a date": "2021-11-23",
    "a time": "12:13:14Z",
    "empty": "",
    "words": "yesterday at noon",
    "a month 13": "2021-13-23T12:13:14Z",
    "30 February": "2021-02-30T12:13:14Z",
    "29 February of a leap year": "2024-02-29T12:13:14Z",
    "29 February of another year": "2023-02-29T12:13:14Z",
    "an hour 24": "2021-11-23T24:00:00Z",
    "a minute 60": "2021-11-23T12:60:14Z",
    "a leap second": "2016-12-31T23:59:60Z",
    "an offset of 25 hours": "2021-11-23T12:13:14+25:00",
    "an offset without a colon": "2021-11-23T12:13:14+0530",
    "spaces around": " 2021-11-23T12:13:14Z ",
    "a year of 5 digits": "12021-11-23T12:13:14Z",
}

IDS = {
    "digits": "0123456789",
    "long": "A" * 500,
    "in lower case": "abc",
    "with a dash": "A-B",
    "with an underscore": "A_B",
    "with a space": "A%20B",
    "with a slash": "A%2FB",
    "with a line end": "ABC%0A",
    "not ASCII": "%C3%84",
    "empty": "",
}

PATHS = {
    "unknown": "/nothing",
    "the root": "/",
    "with a slash at its end": f"{Case('').path}/",
    "of a conversation": Case("").path.removesuffix("/batch"),
    "with a query": f"{Case('').path}?more=1",
    "in upper case": Case("").path.upper(),
}

KEY_HEADERS: dict[str, dict[str, str]] = {
    "none": {},
    **{f"only {name}": {name: KEYS[name]} for name in KEYS},
    "in upper case": {name.upper(): key for name, key in KEYS.items()},
    "empty": dict.fromkeys(KEYS, ""),
    "wrong": dict.fromkeys(KEYS, "wrong"),
    "as a bearer token": {"authorization": "Bearer x"},
}

MEDIA_TYPES: dict[str, dict[str, str]] = {
    "JSON with a charset": {"content-type": "application/json; charset=utf-8"},
    "JSON in upper case": {"content-type": "Application/JSON"},
    "none": {},
    "text": {"content-type": "text/plain"},
    "XML": {"content-type": "application/xml"},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "JSON of another kind": {"content-type": "application/vnd.api+json"},
}
