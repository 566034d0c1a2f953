# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""What the OpenAPI document says, as plain facts: nobody reads the document at run time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

IN_PATHS = "/:@!$&'()*+,;=%~"
"""What stands in the path of a URL as it is, besides letters, digits and the rest that `quote`
leaves (RFC 3986, section 3.3)."""


class Key(NamedTuple):
    """A key that goes with a request.

    Attributes:
        credential: its name in the credentials: `api_id`, `api_secret` or another.
        place: where it stands: "header", "query" or "cookie".
        name: what it is called there.
        prefix: what stands before its value, such as "Bearer ".
    """

    credential: str
    place: str
    name: str
    prefix: str = ""


class Operation(NamedTuple):
    """One operation: a method on a path template.

    Attributes:
        operation_id: its name in the document; empty where it has none.
        method: in upper case.
        path: the template, with a name in braces for each parameter.
        keys: what a request needs, all at once.
        repeatable: whether it may be sent again when the outcome is unknown: its method is
            idempotent (RFC 9110, section 9.2.2), or it documents 409, which says that the
            system has carried out this request already.
        successes: the media types of the body by documented 2xx status or range, such as
            "200" or "2XX"; no media types where there is no body.
        bodiless_success: the first documented 2xx status that an empty JSON object answers.
    """

    operation_id: str
    method: str
    path: str
    keys: tuple[Key, ...]
    repeatable: bool
    successes: Mapping[str, tuple[str, ...]]
    bodiless_success: int | None

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a path that it serves looks like in a URL; one group for each parameter."""
        return path_pattern(self.path)


@cache
def path_pattern(path: str) -> re.Pattern[str]:
    """What a path of this template looks like in a URL."""
    parts = re.split(r"(\{[^}]+\})", path)
    return re.compile(
        "".join(
            "([^/]+)" if part[:1] == "{" else re.escape(quote(part, safe=IN_PATHS))
            for part in parts
        )
    )


class BatchFacts(NamedTuple):
    """What the document says of a batch of messages.

    Attributes:
        operation: the operation that creates the messages.
        conversation_parameter: the name of its path parameter.
        conversation_schema: what that parameter's value must be.
        media_type: what its body is.
        messages_property: the name of the list in its body.
        message_schema: what each message must be; without references.
        time_paths: where a message has times: the names on the way to each, outermost first; its
            own time is the first.
        min_messages: how many messages the list must have, one at least.
        max_messages: how many messages the list may have; None where nothing limits it.
    """

    operation: Operation
    conversation_parameter: str
    conversation_schema: Mapping[str, Any]
    media_type: str
    messages_property: str
    message_schema: Mapping[str, Any]
    time_paths: tuple[tuple[str, ...], ...]
    min_messages: int
    max_messages: int | None


__all__ = (
    "BATCH",
    "DOCUMENT_SHA256",
    "DOCUMENT_VERSION",
    "OPERATIONS",
    "SERVER_URLS",
    "WORDS",
    "BatchFacts",
    "Key",
    "Operation",
)

DOCUMENT_VERSION: str = "0.1"
"""The version that the document gives itself."""

DOCUMENT_SHA256: str = (
    "c1f3ee103f50a84c80d3152f6cb29ea3d4414d38e76728057d7cf0373d0ec8fc"
)
"""The SHA-256 of the document's bytes, in hexadecimal."""

SERVER_URLS: tuple[str, ...] = ("https://api.sandbox.asapp.com",)
"""The servers of the batch operation, on whose root all paths start; empty where none is named."""

WORDS: frozenset[str] = frozenset(
    {
        "agent",
        "code",
        "customer",
        "error",
        "externalId",
        "message",
        "messages",
        "requestId",
        "role",
        "sender",
        "system",
        "text",
        "timestamp",
    }
)
"""The names of properties and the values of enumerations."""

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        operation_id="createBatchMessages",
        method="POST",
        path="/conversation/v1/conversations/{conversationId}/messages/batch",
        keys=(
            Key(credential="api_id", place="header", name="asapp-api-id", prefix=""),
            Key(
                credential="api_secret",
                place="header",
                name="asapp-api-secret",
                prefix="",
            ),
        ),
        repeatable=True,
        successes={"200": ("application/json",)},
        bodiless_success=200,
    ),
)
"""Every operation; the first whose pattern matches a path serves it."""

BATCH: BatchFacts = BatchFacts(
    operation=OPERATIONS[0],
    conversation_parameter="conversationId",
    conversation_schema={
        "description": "The identifier for a conversation.",
        "type": "string",
        "pattern": "^[A-Z0-9]+$",
    },
    media_type="application/json",
    messages_property="messages",
    message_schema={
        "description": "Represents a single message within a conversation.",
        "type": "object",
        "properties": {
            "text": {
                "type": "string",
                "minLength": 1,
                "description": "The content of the message.",
            },
            "sender": {
                "description": "Information about the participant who sent the message.",
                "type": "object",
                "properties": {
                    "role": {
                        "description": "The role of the participant in the conversation.",
                        "type": "string",
                        "enum": ["agent", "customer", "system"],
                    },
                    "externalId": {
                        "type": "string",
                        "description": "The unique identifier for the participant in your external system. This should be consistent across all interactions for the same individual.",
                    },
                },
                "required": ["role", "externalId"],
            },
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "The time when the message was sent. Include the timezone, otherwise UTC will be assumed.",
            },
        },
        "required": ["text", "sender", "timestamp"],
        "example": {
            "text": "Hello, I would like to upgrade my internet plan to GOLD.",
            "sender": {"role": "agent", "externalId": 123},
            "timestamp": "2021-11-23T12:13:14.555Z",
        },
    },
    time_paths=(("timestamp",),),
    min_messages=1,
    max_messages=300,
)
"""The operation that creates many messages at once."""
