"""What an answer that is no success becomes."""

from __future__ import annotations

import copy
import pickle
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from answering import MakeMessages, Server, error
from asapp_conversations import APIStatusError, RateLimitError, UnprocessableEntityError
from asapp_conversations.answers import NOT_JSON, read_json
from asapp_conversations.errors import STATUS_ERRORS, status_error
from asapp_conversations.retry import LONGEST
from documented import CONVERSATION


@pytest.mark.parametrize("status", [*STATUS_ERRORS, 302, 402, 418, 500, 520, 599])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b'{"error": {"requestId": "r-1", "mess',
        b'{"error": "text"}',
        b'{"error": {"message": 5}}',
        b'{"error": {}}',
        b'{"fault": {"faultstring": "Spike arrest"}}',
        b"[1, null]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"x" * 10_000_000,
    ],
    ids=range(11),
)
def test_any_error_answer_is_survived(
    time: Any, make_messages: MakeMessages, status: int, body: bytes
) -> None:
    """Whatever an error looks like, it becomes the status's class, and can be pickled; but a 409 that
    is not JSON says nothing of what ASAPP holds."""
    answer = httpx.Response(status, content=body, headers={"content-type": "text/x; charset=no"})
    foreign = status == HTTPStatus.CONFLICT and read_json(body or b"{}") is NOT_JSON
    kind = APIStatusError if foreign else STATUS_ERRORS.get(status, APIStatusError)
    with pytest.raises(kind) as caught:
        Server(answer).client(time, retries=0).create_messages(
            CONVERSATION, make_messages(1), conflict_is_stored=False
        )
    assert type(caught.value) is kind or status >= 500
    assert caught.value.status_code == status
    assert str(status) in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) == str(copy.copy(caught.value))
    assert len(repr(caught.value.body)) < 20_000


def test_error_keeps_what_the_answer_says(time: Any, make_messages: MakeMessages) -> None:
    """Code, message, path, request id, body and wait of a documented answer are kept."""
    answer = error(422, "[Path '/messages/0/sender'] bad", **{"retry-after": "7"})
    with pytest.raises(UnprocessableEntityError) as caught:
        Server(answer).client(time).create_messages(CONVERSATION, make_messages(1))
    failure = caught.value
    assert (failure.code, failure.request_id, failure.path) == (
        "422-01",
        "r-422",
        "/messages/0/sender",
    )
    assert failure.message == "[Path '/messages/0/sender'] bad"
    assert failure.body == answer.json()
    assert failure.retry_after == 7
    assert failure.attempts == 1


def test_status_error_says_all() -> None:
    """The text of an error holds code, request id, attempts, wait and advice."""
    failure = RateLimitError(
        "POST /x", 429, code="429-01", message="Slow.", request_id="r-1", retry_after=90.0
    )
    assert str(failure) == (
        "POST /x: 429 Too Many Requests (code 429-01, request id r-1, 1 attempt). "
        "ASAPP says: Slow. It asks to wait 90 s. "
        "Lower the rate, or wait: a daily limit comes back at 00:00 UTC."
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.5, "1.5 s"), (86_400.0, "at least 1 day"), (LONGEST, "at least 115,740 days")],
)
def test_a_long_wait_is_told_in_days(seconds: float, words: str) -> None:
    """A wait of a day or more is told in days; the longest may have been cut."""
    failure = RateLimitError("POST /x", 429, retry_after=seconds)
    assert f"It asks to wait {words}. " in str(failure)


@pytest.mark.parametrize("ids", [("", ""), ("", "r-2")])
def test_support_is_given_a_request_id_that_there_is(ids: tuple[str, ...]) -> None:
    """Without a request id nobody is told to hand one on."""
    failure = status_error(503)("POST /x", 503)
    failure.request_ids = ids
    assert ("give ASAPP's support the request id" in str(failure)) is any(ids)
