"""What an answer says, and whether its words quote the request."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from asapp_conversations import Credentials
from asapp_conversations.answers import AnswerWords, success_id
from asapp_conversations_client.facts import BATCH, WORDS
from documented import SUCCESS
from hypothesis import assume, given
from hypothesis import strategies as st

RUN = 8
"""So many characters in a row count as quoted."""


def read(payload: Any, *texts: str) -> dict[str, Any]:
    """The answer to a request with these texts."""
    sent = json.dumps({"messages": [{"text": text} for text in texts]}).encode()
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return AnswerWords(httpx.Response(400, content=content), sent, None).details()


def quoted(words: str, *texts: str) -> bool:
    """Whether an error with these words quotes a request with these texts."""
    return bool(read({"error": words}, *texts)["message_quotes_request"])


def test_documented_answer_is_taken_apart() -> None:
    """Code, words, request id, path and body are kept."""
    name = BATCH.messages_property
    payload = {
        "error": {
            "requestId": "r-1",
            "message": f"[Path '/{name}/3/timestamp'] It is wrong",
            "code": "400-01",
        }
    }
    assert read(payload, "something else") == {
        "code": "400-01",
        "message": f"[Path '/{name}/3/timestamp'] It is wrong",
        "message_quotes_request": False,
        "request_id": "r-1",
        "path": f"/{name}/3/timestamp",
        "body": payload,
    }


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
    assert (answer["message"], answer["body"]) == (message, payload)
    assert (answer["code"], answer["request_id"], answer["path"]) == (None, None, None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [("r-1", "r-1"), (17, "17"), ("r" * 1000, None), ("My card\n4111", None), ([1], None)],
)
def test_ids_and_codes_look_like_ids_and_codes(told: Any, kept: str | None) -> None:
    """What is long, or text, is shown neither as an id nor as a code."""
    answer = read({"error": {"requestId": told, "code": told, "message": "m"}})
    assert (answer["request_id"], answer["code"]) == (kept, kept)


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"error": {"requestId": "r', b"\xff", b"5"])
def test_request_id_may_be_missing(content: bytes) -> None:
    """Whatever comes back, asking for its request id never fails."""
    assert AnswerWords(httpx.Response(502, content=content), b"", None).request_id == ""


def test_request_id_of_a_header() -> None:
    """A success tells its id in a header, and an error may do so."""
    headers = {"x-request-id": "r-9"}
    keys = Credentials("id-1", "secret-1")
    assert success_id(httpx.Response(SUCCESS, headers=headers), b"{}", keys) == "r-9"
    for told in ("My card", "John-Doe", "of-secret-1", ""):
        quoting = httpx.Response(SUCCESS, headers={"x-request-id": told})
        assert success_id(quoting, b'{"text":"John-Doe"}', keys) == ""

    assert (
        AnswerWords(httpx.Response(502, headers=headers, html="<p>"), b"", None).request_id == "r-9"
    )


@pytest.mark.parametrize("depth", [90, 250, 1_500, 50_000])
def test_deeply_nested_answers_are_survived(depth: int) -> None:
    """An answer that nests deep is kept, as a value or as the beginning of its text."""
    content = b"[" * depth + b"]" * depth
    body = read(content, "text")["body"]
    assert str(body).startswith("[" * 90)


@pytest.mark.parametrize("charset", ["zlib", "no-such", "idna", "utf-16", "latin-1", "\x00"])
def test_any_charset_is_survived(charset: str) -> None:
    """A body is read in whatever charset it names, or as UTF-8 where that is none for texts."""
    headers = [(b"content-type", f"text/html; charset={charset}".encode())]
    body = AnswerWords(
        httpx.Response(500, headers=headers, content=b"<p>no"), b"{}", None
    ).details()["body"]
    assert isinstance(body, str)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("no 'My card number' please", ["My card number is 4111111111111111"]),
        ("NO 'MY CARD NUMBER' PLEASE", ["My card number is 4111111111111111"]),
        ("who is Bo?", ["Bo"]),
        ("no account 41", ["41"]),
        ("[Path '/messages/0'] [Path 'My card is 4111']", ["[Path 'My card is 4111']"]),
        ("x" * 2_000, []),
    ],
)
def test_quotations_are_found(words: str, texts: list[str]) -> None:
    """Long texts are found in part, short ones as whole words; what is too long counts as one."""
    assert quoted(words, *texts)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("Bob is wrong", ["Bo"]),
        ("the text is missing", ["text"]),
        (f"{', '.join(sorted(WORDS))}", sorted(WORDS)),
        ("it is wrong", [""]),
        ("it is wrong", [" "]),
    ],
)
def test_other_words_are_no_quotations(words: str, texts: list[str]) -> None:
    """Parts of words, and the document's own vocabulary, are not taken for quotations."""
    assert not quoted(words, *texts)


@given(
    text=st.text(min_size=RUN, max_size=60), before=st.text(max_size=20), after=st.text(max_size=20)
)
def test_every_run_of_a_text_is_found(text: str, before: str, after: str) -> None:
    """Whatever surrounds them, eight characters in a row of a text that was sent are found."""
    run = text[:RUN]
    assume(run.strip() == run and text not in WORDS)
    assert quoted(before + run + after, text)


def test_numbers_and_unknown_names_of_the_request_are_found_too() -> None:
    """What the request holds as a number or as a name is personal data like a text."""
    sent = json.dumps({"messages": [{"text": 4111111111, "My card number": None}]}).encode()
    for words in ("no account 4111111111", "My card number?"):
        answer = AnswerWords(httpx.Response(400, json={"error": words}), sent, None).details()
        assert answer["message_quotes_request"]
    broken = AnswerWords(
        httpx.Response(400, json={"error": "My card number"}), b"My card nu", None
    ).details()
    assert broken["message_quotes_request"]
