"""The emulator over a real socket, with plain httpx."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from asapp_conversations import Client, Credentials, agent
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_client.facts import BATCH
from asapp_conversations_emulator import Emulator
from documented import CONVERSATION, OTHER, SUCCESS

Start = Callable[..., Emulator]
Connect = Callable[..., httpx.Client]
Batch = Callable[..., dict[str, Any]]
PathOf = Callable[..., str]


def test_stores_what_it_accepts(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Accepted messages are held in the order in which they came, and counted."""
    for text in ("one", "two"):
        answer = client.post(path(), json=batch(text))
        assert (answer.status_code, answer.json()) == (SUCCESS, {})
    assert [held["text"] for held in server.messages(CONVERSATION)] == ["one", "two"]
    assert server.conversations() == {CONVERSATION: 2}
    stats = server.stats()
    assert (stats["messages"], stats["batches"], stats["requests"]) == (2, 2, 2)
    assert (stats["answers"], stats["dropped"], stats["duplicates"]) == ({str(SUCCESS): 2}, 0, {})
    assert server.messages(OTHER) == []


def test_same_batch_again_is_a_conflict(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A batch that is held already is answered 409; one that only overlaps is stored again."""
    answers = [client.post(path(), json=batch("one", "two")).status_code for _ in range(2)]
    answers.append(client.post(path(), json=batch("one")).status_code)
    assert answers == [SUCCESS, 409, SUCCESS]
    assert len(server.messages(CONVERSATION)) == 3
    assert server.stats()["duplicates"] == {CONVERSATION: 1}


MESSAGES = BATCH.messages_property
TOO_MANY = MOST_MESSAGES + 1


def invalid(batch: Batch) -> dict[str, tuple[Any, str]]:
    """Invalid bodies with the path that the answer must name."""
    return {
        "nothing": (b"", ""),
        "not JSON": (b"{", ""),
        "not UTF-8": (b'"\xff"', ""),
        "UTF-16": (json.dumps(batch("x")).encode("utf-16"), ""),
        "NaN": (b'{"messages": NaN}', ""),
        "too deep": (b"[" * 100_000, ""),
        "a list": (b"[]", ""),
        "no messages": (batch(), f"/{MESSAGES}"),
        "too many": (batch(*["x"] * TOO_MANY), f"/{MESSAGES}"),
        "empty text": (batch("one", ""), f"/{MESSAGES}/1/text"),
        "a number": (batch(5), f"/{MESSAGES}/0/text"),
        "a date": (batch("x", timestamp="1 May"), f"/{MESSAGES}/0/timestamp"),
        "a surrogate": (b'{"messages": [{"text": "\\ud800"}]}', ""),
    }


@pytest.mark.parametrize("name", invalid(lambda *_, **__: {}))
def test_invalid_bodies_are_refused(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch, name: str
) -> None:
    """An invalid body is a 400 with its path, in the document's shape, and quotes no value."""
    body, where = invalid(batch)[name]
    answer = client.post(path(), content=body if isinstance(body, bytes) else json.dumps(body))
    details = answer.json()["error"]
    assert (answer.status_code, details["code"]) == (400, "400-01")
    assert details["message"].startswith(f"[Path '{where}'] ")
    assert "1 May" not in details["message"]
    assert details["requestId"] == answer.headers["x-request-id"]
    assert server.stats()["messages"] == 0


def test_conversation_id_follows_the_pattern(
    client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A conversation id that the document does not allow is a 400, escaped or not."""
    for conversation_id in ("a-b", "A/B", "Ä"):
        answer = client.post(path(conversation_id), json=batch("one"))
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("[Path '/conversationId'] ")


def test_media_type_must_be_the_documents(client: httpx.Client, path: PathOf, batch: Batch) -> None:
    """A body that says it is something else than JSON is a 415; one that says nothing is read."""
    content = json.dumps(batch("one"))
    answers = [
        client.post(path(), content=content, headers={"content-type": kind}).status_code
        for kind in ("text/plain", "application/xml; charset=utf-8")
    ]
    assert answers == [415, 415]
    kind = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(path(), content=content, headers=kind).status_code == SUCCESS
    assert client.post(path(), content=content).status_code == 409


def test_both_keys_are_needed_and_must_be_right(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Missing or wrong keys are a 401, before anything else is looked at."""
    keys = server.credentials.headers()
    first = dict([next(iter(keys.items()))])
    for headers in ({}, first, dict.fromkeys(keys, "wrong"), dict.fromkeys(keys, "")):
        answer = httpx.post(server.url + path("a-b"), json={}, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401-01")
    assert server.stats()["used_today"] == 0


def test_any_keys_can_be_taken(start: Start, connect: Connect, path: PathOf, batch: Batch) -> None:
    """Without credentials of its own it takes any, but they must be there."""
    server = start(credentials=None)
    names = server.credentials.headers()
    mine = connect(server, headers=dict.fromkeys(names, "mine"))
    assert mine.post(path(), json=batch("one")).status_code == SUCCESS
    assert connect(server, headers={}).post(path(), json=batch("two")).status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS"])
def test_other_methods(client: httpx.Client, path: PathOf, method: str) -> None:
    """A method that the document does not have is a 405 that names those it has."""
    answer = client.request(method, path())
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_other_paths(client: httpx.Client, path: PathOf) -> None:
    """A path that the document does not have is a 404 in the document's shape."""
    for other in ("/x", "/", path() + "/", "/_emulators"):
        answer = client.post(other)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "404-01")


def test_known_conversations(start: Start, connect: Connect, path: PathOf, batch: Batch) -> None:
    """With a list of conversations, others are a 404 and nothing of theirs is held."""
    server = start(known_conversations=iter([CONVERSATION]))
    client = connect(server)
    answers = [
        client.post(path(each), json=batch("x")).status_code for each in (CONVERSATION, OTHER)
    ]
    assert answers == [SUCCESS, 404]
    assert server.conversations() == {CONVERSATION: 1}


def test_bodies_over_the_maximum(
    start: Start, connect: Connect, path: PathOf, batch: Batch
) -> None:
    """A body of more bytes than allowed is a 413, whether its length was said before or not."""
    content = json.dumps(batch("one")).encode()
    server = start(max_body=len(content))
    client = connect(server)
    assert client.post(path(), content=content + b" ").status_code == 413
    assert client.post(path(), content=iter([content, b" " * 1_000_000])).status_code == 413
    assert client.post(path(), content=iter([content[:9], content[9:]])).status_code == SUCCESS
    assert server.stats()["answers"] == {str(SUCCESS): 1, "413": 2}


def test_spike_arrest(start: Start, connect: Connect, path: PathOf, batch: Batch) -> None:
    """Two requests in one slot: the second is a 429 in the document's shape."""
    server = start(rate=0.001)
    client = connect(server)
    answers = [client.post(path(), json=batch(text)) for text in ("one", "two")]
    assert [answer.status_code for answer in answers] == [SUCCESS, 429]
    assert "Spike arrest" in answers[1].json()["error"]["message"]
    assert len(server.messages(CONVERSATION)) == 1
    assert [request.conversation_id for request in server.requests] == [CONVERSATION, CONVERSATION]
    server.reset()
    assert client.post(path(), json=batch("two")).status_code == SUCCESS


def test_daily_limit(start: Start, connect: Connect, path: PathOf, batch: Batch) -> None:
    """Past the daily limit every request is a 429, until 00:00 UTC by the emulator's clock."""
    server = start(daily_limit=1)
    client = connect(server)
    server.set_time(datetime(2026, 1, 31, 23, 0))
    answers = [client.post(path(), json=batch(text)).status_code for text in ("one", "two")]
    server.set_time(datetime(2026, 2, 1, tzinfo=UTC))
    answers.append(client.post(path(), json=batch("two")).status_code)
    assert answers == [SUCCESS, 429, SUCCESS]
    assert server.stats()["used_today"] == server.stats()["daily_limit"] == 1


def test_answers_carry_the_emulators_date(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """The `Date` of an answer is of the clock that can be set."""
    server.set_time(datetime(2031, 5, 6, 7, 8))
    assert client.post(path(), json=batch("x")).headers["date"].startswith("Tue, 06 May 2031 07:08")


def test_store_survives_a_restart(
    start: Start, connect: Connect, path: PathOf, batch: Batch, tmp_path: Path
) -> None:
    """With a file, a second emulator holds what the first one stored, and knows it."""
    with Emulator(store=tmp_path / "held.db") as first:
        assert connect(first).post(path(), json=batch("one")).status_code == SUCCESS
    second = start(store=tmp_path / "held.db")
    assert connect(second).post(path(), json=batch("one")).status_code == 409
    assert [held["text"] for held in second.messages(CONVERSATION)] == ["one"]


def test_broken_store_is_a_500(
    start: Start, connect: Connect, path: PathOf, batch: Batch, tmp_path: Path
) -> None:
    """When the store cannot be written, the answer is a 500 and nothing is held."""
    server = start(store=tmp_path / "held.db")
    with sqlite3.connect(tmp_path / "held.db") as database:
        database.execute("DROP TABLE copies")
    database.close()
    answer = connect(server).post(path(), json=batch("one"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "500-01")
    assert server.messages(CONVERSATION) == []


@pytest.mark.parametrize(
    "options",
    [
        {"rate": 0},
        {"daily_limit": -1},
        {"max_body": 0},
        {"latency": -1},
        {"share": 2},
        {"faults": ["x"]},
    ],
)
def test_options_out_of_range(options: dict[str, Any]) -> None:
    """An option out of range is a ValueError before anything runs."""
    with pytest.raises(ValueError, match=r"or more|above 0|from 0 to 1|no fault"):
        Emulator(**options)


def test_taken_port_is_an_error() -> None:
    """A port that is taken is an OSError."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Emulator(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            server.__enter__()


def test_requests_are_listed(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Every request is listed with its outcome, without what its messages say."""
    client.post(path(), json=batch("a secret"))
    client.post("/x")
    first, second = server.requests
    assert (first.number, first.status, first.stored, first.outcome) == (1, SUCCESS, 1, "answered")
    assert (first.conversation_id, first.method, first.path) == (CONVERSATION, "POST", path())
    assert (second.number, second.status, second.conversation_id) == (2, 404, None)
    assert "a secret" not in repr(server.requests)


def test_the_sdk_meets_the_emulator(server: Emulator) -> None:
    """A long conversation sent by the SDK is held once, in order, in the least requests."""
    messages = [
        agent(f"text {i}", "a-1", "2024-03-04T08:00:00") for i in range(2 * MOST_MESSAGES + 1)
    ]
    client = server.client(rate=None)
    assert client.create_messages(CONVERSATION, messages).requests == 3
    again = client.create_messages(CONVERSATION, messages)
    assert again.already_stored == len(messages)
    assert [held["text"] for held in server.messages(CONVERSATION)] == [m.text for m in messages]
    assert server.stats()["answers"] == {str(SUCCESS): 3, "409": 3}


def test_what_it_held_can_be_read_after_its_end(path: PathOf) -> None:
    """Messages, counts and requests can be read when the server has ended."""
    with Emulator() as server:
        server.client().create_messages(CONVERSATION, [agent("x", "a-1", "2024-03-04T08:00:00")])
    assert (len(server.messages(CONVERSATION)), server.stats()["messages"]) == (1, 1)
    assert [request.path for request in server.requests] == [path()]


@pytest.mark.parametrize(
    ("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_other_interfaces(
    start: Start, connect: Connect, path: PathOf, batch: Batch, host: str, url: str
) -> None:
    """Another interface can be named; the URL is one that clients here can use."""
    server = start(host=host)
    assert server.url.startswith(url)
    assert connect(server).post(path(), json=batch("x")).status_code == SUCCESS


def test_code_that_reads_the_environment_finds_it(
    server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables of the environment lead a client here, and hold the keys."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    messages = [agent("x", "a-1", "2024-03-04T08:00:00")]

    async def run() -> None:
        async with server.async_client() as client:
            assert (await client.create_messages(OTHER, messages)).stored == 1

    with Client() as client:
        assert client.create_messages(CONVERSATION, messages).stored == 1
    asyncio.run(run())
    assert server.conversations() == {CONVERSATION: 1, OTHER: 1}
    keys = Credentials(server.api_id, server.api_secret)
    assert keys == server.credentials


def test_misspelt_option_is_an_error() -> None:
    """An option that it does not have is a TypeError, as for any function."""
    with pytest.raises(TypeError, match="rat"):
        Emulator(rat=5)  # type: ignore[call-arg]
