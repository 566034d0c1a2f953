"""The stand-in over a real socket, with plain httpx."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from asapp_conversations import Client, agent
from asapp_conversations.sandbox import SandboxServer, serve
from asapp_conversations.sandbox.rules import is_time, load_document, operations
from asapp_conversations.sandbox.server import API_ID, API_SECRET

(OPERATION,) = operations(load_document())
PATH = OPERATION.template.replace("{conversationId}", "ABC1")
KEYS = dict(zip(OPERATION.headers, (API_ID, API_SECRET), strict=True))


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def client(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=KEYS) as opened:
        yield opened


def message(text: Any = "Hello", timestamp: str = "2024-03-04T08:00:00Z") -> dict[str, Any]:
    return {
        "text": text,
        "sender": {"role": "agent", "externalId": "a-1"},
        "timestamp": timestamp,
    }


def test_stores_what_it_accepts(server: SandboxServer, client: httpx.Client) -> None:
    """Accepted messages are held in the order in which they came, and counted."""
    for text in ("one", "two"):
        answer = client.post(PATH, json={"messages": [message(text)]})
        assert (answer.status_code, answer.json()) == (200, {})
    held = client.get("/_sandbox/conversations/ABC1/messages").json()["messages"]
    assert [entry["text"] for entry in held] == ["one", "two"]
    assert server.messages("ABC1") == held
    assert client.get("/_sandbox/conversations").json() == {"ABC1": 2}
    stats = client.get("/_sandbox/stats").json()
    assert stats == server.stats()
    assert stats["messages"] == stats["requests"] == 2
    assert stats["answers"] == {"200": 2}


def test_same_batch_again_is_a_conflict(server: SandboxServer, client: httpx.Client) -> None:
    """A batch that is held already is answered 409; one that only overlaps is new."""
    batch = {"messages": [message("one"), message("two")]}
    answers = [client.post(PATH, json=batch).status_code for _ in range(2)]
    answers.append(client.post(PATH, json={"messages": [message("one")]}).status_code)
    assert answers == [200, 409, 200]
    assert len(server.messages("ABC1")) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "[Path '']"),
        (json.dumps({"messages": []}), "[Path '/messages']"),
        (json.dumps({"messages": [message()] * 301}), "[Path '/messages']"),
        (json.dumps({"messages": [message(), message("")]}), "[Path '/messages/1/text']"),
        (json.dumps({"messages": [message(5)]}), "[Path '/messages/0/text']"),
        (json.dumps({"messages": [message("a", "1 May")]}), "[Path '/messages/0/timestamp']"),
    ],
)
def test_invalid_bodies_are_refused(client: httpx.Client, body: str, words: str) -> None:
    """An invalid body is a 400 with its path, in the document's shape, and quotes no value."""
    answer = client.post(PATH, content=body)
    details = answer.json()["error"]
    assert (answer.status_code, details["code"]) == (400, "400-01")
    assert words in details["message"]
    assert "1 May" not in details["message"]
    assert details["requestId"]


def test_conversation_id_follows_the_pattern(client: httpx.Client) -> None:
    """A conversation id that the document does not allow is a 400."""
    answer = client.post(PATH.replace("ABC1", "a-b"), json={"messages": [message()]})
    assert "[Path '/conversationId']" in answer.json()["error"]["message"]


def test_both_keys_are_needed_and_must_be_right(server: SandboxServer) -> None:
    """Missing or wrong keys are a 401."""
    first = dict([next(iter(KEYS.items()))])
    for headers in ({}, first, dict.fromkeys(KEYS, "wrong")):
        answer = httpx.post(server.url + PATH, json={"messages": [message()]}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401-01")


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/x", 404), ("GET", PATH, 405)])
def test_other_paths_and_methods(client: httpx.Client, method: str, path: str, status: int) -> None:
    """What the document does not have is refused in the document's shape."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, f"{status}-01")


def test_unknown_conversation_is_said(client: httpx.Client) -> None:
    """Asking for a conversation that is not held is a 404."""
    assert client.get("/_sandbox/conversations/XYZ/messages").status_code == 404


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("2024-03-04T08:00:00Z", True),
        ("2024-03-04T08:00:00", True),
        ("2024-03-04T08:00:00.123456789012+05:30", True),
        ("2024-03-04T08:00:00.1234567890123Z", False),
        ("2024-03-04T08:00:00.Z", False),
        ("2024-02-30T08:00:00Z", False),
        ("2024-03-04", False),
    ],
)
def test_times(value: str, allowed: bool) -> None:
    """A time is RFC 3339 with 0 to 12 fraction digits, with or without a zone."""
    assert is_time(value) is allowed


def test_later_documents_are_served() -> None:
    """An operation of a later document, with references and keys of its own, needs no code."""
    document = json.loads(json.dumps(load_document()))
    schema = {
        "type": "object",
        "required": ["id", "kind", "tags", "shown"],
        "properties": {
            "id": {"type": "string"},
            "kind": {"enum": ["open", "closed"]},
            "tags": {"type": "array"},
            "shown": {"example": "yes"},
        },
    }
    document["components"]["schemas"] = {"Thing": schema}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    document["paths"]["/things"] = {
        "get": {"security": [], "responses": {"201": answer}},
        "delete": {"responses": {"204": {}}},
    }
    _, read, delete = operations(document)
    assert read.answer == {"id": "", "kind": "open", "tags": [], "shown": "yes"}
    assert (read.success, read.headers, read.problem({}, None)) == (201, (), None)
    assert (delete.success, delete.answer) == (204, None)


def test_foreground_server_says_where_it_is_and_ends_quietly() -> None:
    """`serve` prints its address and ends on an interrupt without a traceback."""
    script = "from asapp_conversations.sandbox import serve; serve()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().decode().split()[0]
        assert httpx.get(url + "/_sandbox/stats").json()["requests"] == 0
        os.kill(process.pid, signal.SIGINT)
        assert b"Traceback" not in process.stderr.read()


def test_taken_port_is_an_error() -> None:
    """A port that is taken is an OSError before anything runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(port=taken.getsockname()[1])


def test_the_sdk_meets_the_stand_in(server: SandboxServer) -> None:
    """A long conversation sent by the SDK is held once, in order, in the least requests."""
    messages = [agent(f"text {i}", "a-1", "2024-03-04T08:00:00") for i in range(601)]
    with Client(server.api_id, server.api_secret, base_url=server.url, rate=None) as client:
        assert client.create_messages("ABC1", messages).requests == 3
        again = client.create_messages("ABC1", messages, conflict_is_stored=True)
    assert again.already_stored == 601
    assert [held["text"] for held in server.messages("ABC1")] == [m.text for m in messages]
    assert server.stats()["answers"] == {"200": 3, "409": 3}
