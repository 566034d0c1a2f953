"""What is kept of an error answer, and what is taken out."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from asapp_conversations.answers import ErrorAnswer, read_error_answer, read_request_id
from asapp_conversations.redaction import ECHO_LENGTH, REDACTED, Redactor
from asapp_conversations.spec import load_document
from hypothesis import assume, given
from hypothesis import strategies as st


def read(payload: Any, *texts: str) -> ErrorAnswer:
    """The answer to a request with these texts."""
    sent = json.dumps({"messages": [{"text": text} for text in texts]}).encode()
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_error_answer(httpx.Response(400, content=content), sent)


def test_documented_answer_is_taken_apart() -> None:
    """Code, words, request id, path and body are kept when they quote nothing."""
    payload = {
        "error": {
            "requestId": "r-1",
            "message": "[Path '/messages/3/timestamp'] The text is wrong",
            "code": "400-01",
        }
    }
    assert read(payload, "text", "something else") == ErrorAnswer(
        code="400-01",
        message="[Path '/messages/3/timestamp'] The text is wrong",
        request_id="r-1",
        path="/messages/3/timestamp",
        body=payload,
    )


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"error": "plain words"}, "plain words"),
        ({"error": {"message": "m", "requestId": None}}, "m"),
        ({"error": {"message": ""}}, None),
        ({"fault": {"faultstring": "Spike arrest violation"}}, "Spike arrest violation"),
        ({"fault": {"faultstring": 5}}, None),
        ({"fault": []}, None),
        ([], None),
    ],
)
def test_other_shapes_give_what_they_have(payload: Any, message: str | None) -> None:
    """A gateway's words are kept, and what is missing is None."""
    answer = read(payload)
    assert answer == ErrorAnswer(message=message, body=payload)


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"error": {"requestId": "r', b"\xff", b"5"])
def test_request_id_may_be_missing(content: bytes) -> None:
    """Whatever comes back, asking for its request id never fails."""
    assert read_request_id(httpx.Response(502, content=content)) is None


@pytest.mark.parametrize("depth", [90, 250, 1_500, 50_000])
def test_deeply_nested_answers_are_survived(depth: int) -> None:
    """An answer that nests deep is kept, as a value or as the beginning of its text."""
    content = b"[" * depth + b"]" * depth
    body = read(content, "text").body
    assert body == (json.loads(content) if depth < 100 else content[:4096].decode())


def test_echoes_are_redacted_wherever_they_stand() -> None:
    """Texts are found in words, values, keys and numbers, long ones in part, short ones whole."""
    payload = {
        "error": "no 'My card number' for Bo, Bob",
        "My card number is": ["4111111111111111", 4111111111111111, 41, None, True],
    }
    answer = read(payload, "My card number is 4111111111111111", "Bo", "41")
    assert answer.message == "no '[redacted]' for [redacted], Bob"
    assert answer.body == {
        "error": "no '[redacted]' for [redacted], Bob",
        REDACTED: [REDACTED, REDACTED, REDACTED, None, True],
    }


def test_what_looks_like_a_path_is_no_way_out() -> None:
    """A text that was sent is redacted though it is written like the path of an error."""
    text = "[Path 'My card is 4111']"
    answer = read({"error": {"message": f"[Path '/messages/0'] {text}"}}, text)
    assert answer.message == "[Path '/messages/0'] [redacted]"
    assert answer.path == "/messages/0"
    assert read({"error": {"message": text}}, text).path is None


def test_numbers_of_the_request_are_found_too() -> None:
    """What the request holds as a number is personal data like a text."""
    redactor = Redactor({"text": 4111111111}, "no account 4111111111")
    assert redactor.text("no account 4111111111") == "no account [redacted]"


@given(
    text=st.text(min_size=ECHO_LENGTH, max_size=60),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_run_of_a_text_is_left(text: str, before: str, after: str) -> None:
    """Whatever surrounds it, no eight characters in a row of a text that was sent remain."""
    assume(text not in load_document().words)
    said = before + text + after
    redacted = Redactor([text], said).text(said)
    for start in range(len(text) - ECHO_LENGTH + 1):
        run = text[start : start + ECHO_LENGTH]
        assert run not in redacted.replace(REDACTED, "\0")
