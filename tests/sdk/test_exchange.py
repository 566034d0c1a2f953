"""What each outcome of an attempt means, for operations of any document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from asapp_conversations import ConflictError, InternalServerError
from asapp_conversations.retry import Exchange, Operation, Settings
from asapp_conversations.toolkit import Clock
from asapp_conversations_client.facts import OPERATIONS

SETTINGS = Settings(httpx.URL("http://localhost"), 30.0, 3, 60.0, None, None, 1000, Clock())


def exchange(**facts: Any) -> Exchange:
    """The exchange of a request of an operation with these facts."""
    thing = OPERATIONS[0]._replace(path="/things", **facts)
    operation: Operation = thing._replace(method="POST")
    request = httpx.Request("POST", "http://localhost/things", content=b"{}")
    return Exchange(request, operation, SETTINGS, renewable=False)


def answer(status: int, content: bytes = b"{}") -> httpx.Response:
    return httpx.Response(status, content=content, extensions={"asapp_body": (content, None)})


def test_conflict_without_a_bodiless_success_is_an_error() -> None:
    """Where a success must say more than that it is one, a 409 to a resend stays an error."""
    one = exchange(bodiless_success=None)
    assert isinstance(one.judge(httpx.ReadTimeout("slow")), float)
    with pytest.raises(ConflictError) as caught:
        one.judge(answer(409))
    assert caught.value.outcome_unknown


def test_unknown_outcome_of_what_cannot_be_repeated_is_final() -> None:
    """An operation that is neither idempotent nor knows 409 is never sent twice in doubt."""
    with pytest.raises(InternalServerError) as caught:
        exchange(repeatable=False).judge(answer(503))
    assert (caught.value.attempts, caught.value.outcome_unknown) == (1, True)
    assert isinstance(exchange(repeatable=False).judge(answer(429)), float)


@pytest.mark.parametrize(
    ("successes", "status", "content"),
    [
        ({"201": ()}, 201, b""),
        ({"201": ()}, 201, b"[]"),
        ({"2XX": ("application/json",)}, 202, b"null"),
        ({"200": ("application/problem+json; charset=utf-8",)}, 200, b'"x"'),
        ({"200": ("text/csv",)}, 200, b"a,b"),
    ],
)
def test_what_counts_as_a_success(successes: Any, status: int, content: bytes) -> None:
    """A documented status with JSON of any shape, or what the document promises, is a success."""
    verdict = exchange(successes=successes).judge(answer(status, content))
    assert isinstance(verdict, httpx.Response)


@pytest.mark.parametrize(
    ("successes", "status", "content"),
    [
        ({"201": ("application/json",)}, 200, b"{}"),
        ({"2XX": ("application/json",)}, 206, b"{}"),
        ({"207": ("application/json",)}, 207, b"{}"),
        ({"200": ("application/json",)}, 200, b""),
        ({"200": ("application/json",)}, 200, b"<html>"),
        ({"200": ()}, 200, b"<html>"),
    ],
)
def test_what_is_no_success(successes: Any, status: int, content: bytes) -> None:
    """Anything else leaves the outcome unknown, and is sent again where that is safe."""
    one = exchange(successes=successes)
    assert isinstance(one.judge(answer(status, content)), float)
    assert one.outcome_unknown
