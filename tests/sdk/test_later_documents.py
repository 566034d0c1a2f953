"""What a later document may ask of the SDK; `tests/documents` holds the same over whole clients."""

from __future__ import annotations

import json
import logging
from typing import Any

import asapp_conversations.auth
import asapp_conversations.batching
import asapp_conversations.uploading
import httpx
import pytest
from answering import OK, MakeMessages, Server
from asapp_conversations import (
    Client,
    Credentials,
    InvalidRequestError,
    Message,
    Sender,
    SenderRole,
    agent,
    system,
)
from asapp_conversations.messages import encode_message
from asapp_conversations_client.facts import BATCH, Key, Operation
from asapp_conversations_client.models import MessageBatch
from documented import CONVERSATION, SUCCESS

NOW = "2024-03-04T08:00:00Z"
KEYS = Credentials("some-id", "some-secret")


def operation(*keys: Key) -> Operation:
    """An operation that asks for these keys."""
    return Operation("thing", "GET", "/things", keys, True, {}, None)


def sign(*keys: Key, **headers: str) -> tuple[httpx.URL, list[tuple[bytes, bytes]]]:
    request = httpx.Request("GET", "https://example.com/things?limit=1", headers=headers)
    url, signed = KEYS.sign(operation(*keys), request)
    return url, [pair for pair in signed if pair[0].lower() != b"host"]


def test_keys_stand_where_the_document_says() -> None:
    """In a header with its prefix, in the query beside what is asked, in a cookie beside others."""
    token = Key("api_id", "header", "Authorization", "Bearer ")
    url, headers = sign(token, Key("api_secret", "query", "secret"), authorization="other")
    assert url == "https://example.com/things?limit=1&secret=some-secret"
    assert headers == [(b"Authorization", b"Bearer some-id")]
    cookie = Key("api_secret", "cookie", "token")
    assert sign(cookie)[1] == [(b"Cookie", b"token=some-secret")]
    assert sign(cookie, cookie="a=1")[1] == [(b"Cookie", b"a=1; token=some-secret")]


def test_key_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key besides the pair is asked for by name, with the variable that it is read from."""
    monkeypatch.setitem(asapp_conversations.auth.KEY_VARIABLES, "tenant_key", "ASAPP_TENANT_KEY")
    asks = operation(Key("tenant_key", "header", "x-tenant"))
    with pytest.raises(InvalidRequestError, match=r"tenant_key=….* or set ASAPP_TENANT_KEY"):
        KEYS.demand_all(asks)
    with pytest.raises(TypeError, match="tenant_key"):
        Credentials("id", "secret", tenant_key="key")
    known = asapp_conversations.auth.NEEDED | {"tenant_key"}
    monkeypatch.setattr(asapp_conversations.auth, "NEEDED", known)
    monkeypatch.setenv("ASAPP_TENANT_KEY", "a key")
    client = Client("id", "secret", transport=httpx.MockTransport(lambda _: OK))
    assert client._transport.session.source.value("tenant_key") == "a key"
    client._transport.session.source.demand_all(asks)


def test_no_keys_are_asked_for_where_none_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document whose operations need no keys has a client without any."""
    for name in ("ASAPP_API_ID", "ASAPP_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(asapp_conversations.auth, "NEEDED", frozenset())
    assert Client().base_url


def test_least_number_of_messages(
    time: Any, make_messages: MakeMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a batch needs some messages, the last one is left enough, and too few are refused."""
    facts = BATCH._replace(min_messages=2)
    monkeypatch.setattr(asapp_conversations.batching, "BATCH", facts)
    monkeypatch.setattr(asapp_conversations.batching, "MOST_MESSAGES", 3)
    monkeypatch.setattr(asapp_conversations.uploading, "BATCH", facts)
    server = Server(OK)
    client = server.client(time)
    client.create_messages(CONVERSATION, make_messages(7))
    assert server.sizes() == [3, 2, 2]
    with pytest.raises(InvalidRequestError, match="messages: are fewer than 2"):
        client.create_messages(CONVERSATION, make_messages(1))


def test_role_that_the_document_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short way to a sender that is gone says so when it is called."""
    monkeypatch.setattr("asapp_conversations.messages.SenderRole", _Roles())
    with pytest.raises(InvalidRequestError, match="no sender 'system', only agent"):
        system("text", "id", NOW)


class _Roles:
    """An enumeration of one role."""

    def __call__(self, role: str) -> SenderRole:
        raise ValueError(role)

    def __iter__(self) -> Any:
        return iter(["agent"])


def test_field_that_no_document_has_is_refused() -> None:
    """A field is given to the message or its sender; one that neither has is a TypeError."""
    with pytest.raises(TypeError, match="colour"):
        agent("text", "id", NOW, colour="red")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"text": ["a", SenderRole.AGENT, {"deep": Sender(role="x", external_id="y")}]}, "text"),  # type: ignore[arg-type]
        ({"text": {"a": (1, 2)}}, "text"),
        ({"sender": Sender(role=[SenderRole.AGENT], external_id="y")}, "sender.role"),  # type: ignore[arg-type]
        ({"sender": 5, "timestamp": 6}, "sender"),
    ],
)
def test_values_of_other_types_are_judged_by_the_schema(change: Any, where: str) -> None:
    """A model may hold anything; what it holds is named with its place, and nothing is raised."""
    fields = {"text": "a", "timestamp": agent("a", "b", NOW).timestamp, "sender": None, **change}
    _, problems = encode_message(Message(**fields))
    assert where in {problem.path for problem in problems}


def test_list_in_a_model_may_be_of_another_type() -> None:
    """A model with a list that is none says so, too."""
    batch = MessageBatch(messages=5)  # type: ignore[arg-type]
    content, problems = encode_message(Message(text=batch, sender=5, timestamp=6))  # type: ignore[arg-type]
    assert (content, [str(problem) for problem in problems]) == (
        b"",
        [": has a value that JSON in UTF-8 cannot carry"],
    )


@pytest.mark.parametrize("answer", [[], None, "text", 5])
def test_success_that_is_not_as_documented(
    answer: object, time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A success stays one, with a warning that does not quote it; the receipt has what came."""
    server = Server(httpx.Response(SUCCESS, content=json.dumps(answer)))
    with caplog.at_level(logging.WARNING, "asapp_conversations"):
        receipt = server.client(time).send_batch(CONVERSATION, b"{}")
    assert (receipt.answer, receipt.attempts) == (answer, 1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "not as documented" in caplog.text
