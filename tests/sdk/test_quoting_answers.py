"""What an answer quotes of keys and messages does not come out with an error."""

from __future__ import annotations

import json
import pickle

import pytest
from answering import SECRET
from asapp_conversations import APIConnectionError, APIStatusError, InvalidRequestError, agent
from hostile import STATUS_LINE, Kind, Session, answer, both, create, serving


@both
@pytest.mark.parametrize("start", [STATUS_LINE, b""])
@pytest.mark.parametrize("line", [f"you sent {SECRET}", "you sent a text that nobody else writes"])
def test_garbled_answer_is_not_quoted(kind: Kind, start: bytes, line: str) -> None:
    """What a server sends in the place of a head may repeat keys and messages: no error does."""
    garbled = start + line.encode() + b"\r\n\r\n"
    with serving([garbled]) as server, pytest.raises(APIConnectionError) as caught:
        create(kind, base_url=server.url, retries=0)
    assert line not in str(caught.value)
    assert line.encode() not in pickle.dumps(caught.value)
    assert line not in str(caught.value.__cause__)


@both
@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize("where", ["message", "requestId", "code"])
def test_quoted_key_is_withheld(kind: Kind, status: int, where: str) -> None:
    """Words, ids and codes of an answer that quote a key are not in the text of the error."""
    details = {"message": "no", "requestId": "r-1", "code": "c-1", where: SECRET}
    body = json.dumps({"error": details}).encode()
    with serving([answer(status, body)]) as server, pytest.raises(APIStatusError) as caught:
        create(kind, base_url=server.url, retries=0)
    assert SECRET not in str(caught.value)


@both
@pytest.mark.parametrize("where", ["requestId", "code"])
def test_quoted_text_is_no_id(kind: Kind, where: str) -> None:
    """An id or a code that is the text of a message is not shown as one."""
    details = {"message": "no", "requestId": "r-1", "code": "c-1", where: "John-Doe"}
    body = json.dumps({"error": details}).encode()
    messages = [agent("John-Doe", "agent-1", "2024-03-04T08:00:00Z")]
    with serving([answer(400, body)]) as server, pytest.raises(APIStatusError) as caught:
        create(kind, messages, base_url=server.url, retries=0)
    assert "John-Doe" not in str(caught.value)


@both
def test_trace_of_an_attempt_is_refused(kind: Kind) -> None:
    """httpx's own `trace` extension, which a hook can set, would be shown the keys."""
    with (
        serving([answer()]) as server,
        Session(kind, base_url=server.url) as session,
        pytest.raises(InvalidRequestError, match="trace"),
    ):
        session.run(session.httpx.get("/any", extensions={"trace": print}))
    assert server.heads == []
