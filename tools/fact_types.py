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
