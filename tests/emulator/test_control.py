"""What the emulator says of itself under /_emulator, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from asapp_conversations_client.contracts import CONTRACTS
from asapp_conversations_emulator import Emulator
from asapp_conversations_emulator.control import create_control
from asapp_conversations_emulator.service import Service
from asapp_conversations_emulator.store import Store
from documented import CONVERSATION, OTHER, SUCCESS, fitting_id

Batch = Callable[..., dict[str, Any]]
PathOf = Callable[..., str]


def test_holdings_can_be_asked(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Counts, conversations and messages are there as JSON, and are those in process."""
    names = CONVERSATION, fitting_id("ABC2"), OTHER
    for conversation_id in names:
        client.post(path(conversation_id), json=batch("one", "two"))
    assert client.get("/_emulator/stats").json() == server.stats()
    assert client.get("/_emulator/conversations").json() == server.conversations()
    part = CONVERSATION[1:3]
    oldest = sum(part in name for name in names) - 1
    asked = {"having": part, "limit": 1, "offset": oldest}
    some = client.get("/_emulator/conversations", params=asked)
    assert some.json() == {CONVERSATION: 2}
    held = client.get(f"/_emulator/conversations/{OTHER}/messages").json()
    assert held == {"messages": server.messages(OTHER)}
    unknown = client.get("/_emulator/conversations/NONE/messages")
    assert (unknown.status_code, "no such" in unknown.json()["error"]) == (404, True)


def test_requests_are_listed_latest_first(client: httpx.Client, path: PathOf, batch: Batch) -> None:
    """The last requests are listed, the latest first; those to /_emulator do not count."""
    for text in ("one", "one", ""):
        client.post(path(), json=batch(text))
    listed = client.get("/_emulator/requests", params={"limit": 2}).json()["requests"]
    assert [(each["number"], each["status"]) for each in listed] == [(3, 400), (2, 409)]
    assert len(client.get("/_emulator/requests").json()["requests"]) == 3


def test_faults_are_set_and_taken_off(client: httpx.Client, path: PathOf, batch: Batch) -> None:
    """Faults of a share of all requests are replaced by PUT, and taken off by an empty list."""
    plan = {"faults": ["503", "reset,stored"], "share": 0.25, "seed": 9}
    assert client.put("/_emulator/faults", json=plan).json().items() >= plan.items()
    assert client.get("/_emulator/faults").json().items() >= plan.items()
    client.put("/_emulator/faults", json={"faults": [500]})
    assert client.post(path(), json=batch("x")).status_code == 500
    client.put("/_emulator/faults", json={})
    assert client.post(path(), json=batch("x")).status_code == SUCCESS


def test_next_requests_are_set(client: httpx.Client, path: PathOf, batch: Batch) -> None:
    """The next n requests of a conversation fail, and stay set when the other faults change."""
    ask = {"fault": "503", "count": 2, "conversation_id": CONVERSATION}
    assert client.post("/_emulator/faults/next", json=ask).status_code == 200
    waiting = client.put("/_emulator/faults", json={"faults": []}).json()["next"]
    assert waiting == [{"conversation_id": CONVERSATION, "faults": ["503", "503"]}]
    answers = [client.post(path(), json=batch("x")).status_code for _ in range(3)]
    assert answers == [503, 503, SUCCESS]


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PUT", "faults", b"{", "not JSON"),
        ("PUT", "faults", b"[]", "not a JSON object"),
        ("PUT", "faults", b'{"fault": []}', "one of faults, share, seed"),
        ("PUT", "faults", b'{"faults": "503"}', "wrong type"),
        ("PUT", "faults", b'{"share": true}', "wrong type"),
        ("PUT", "faults", b'{"faults": ["explode"]}', "no fault is called 'explode'"),
        ("PUT", "faults", b'{"share": 2}', "from 0 to 1"),
        ("POST", "faults/next", b"{}", "name the fault"),
        ("POST", "faults/next", b'{"fault": "503", "count": 0}', "1 or more"),
        ("PUT", "clock", b'{"time": "soon"}', "isoformat"),
        ("GET", "requests?limit=x", b"", "whole number"),
    ],
)
def test_bad_orders_are_explained(
    client: httpx.Client, method: str, path: str, body: bytes, words: str
) -> None:
    """An order that makes no sense is a 400 that says why, and changes nothing."""
    before = client.get("/_emulator/faults").json()
    answer = client.request(method, f"/_emulator/{path}", content=body)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)
    assert client.get("/_emulator/faults").json() == before


def test_clock_is_set(client: httpx.Client) -> None:
    """The clock is read and set, and goes on from there."""
    answer = client.put("/_emulator/clock", json={"time": "2031-01-31T23:59:50Z"})
    for read in (answer, client.get("/_emulator/clock")):
        moment = datetime.fromisoformat(read.json()["time"])
        past = moment - datetime.fromisoformat("2031-01-31T23:59:50Z")
        assert 0 <= past.total_seconds() < 60


def test_everything_is_forgotten(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A reset empties it."""
    client.post(path(), json=batch("x"))
    assert client.post("/_emulator/reset").json()["messages"] == 0
    assert (server.requests, server.messages(CONVERSATION)) == ([], [])


def test_unknown_orders(client: httpx.Client) -> None:
    """What it does not know is a 404, and a wrong method a 405, as JSON."""
    assert client.get("/_emulator/other").json() == {"error": "Not Found"}
    assert client.delete("/_emulator/stats").json() == {"error": "Method Not Allowed"}


@pytest.mark.parametrize("url", ["/_emulator", "/_emulator/"])
def test_page_is_served(client: httpx.Client, url: str) -> None:
    """The page is one document that may load nothing from elsewhere."""
    page = client.get(url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": "10.0.0.1"}, {"origin": "https://evil.example"}],
)
def test_other_sites_in_a_browser_are_refused(
    server: Emulator, client: httpx.Client, headers: dict[str, str]
) -> None:
    """A web page of another site cannot give orders through a browser on this machine."""
    for method, url in (("GET", "/_emulator"), ("POST", "/_emulator/reset")):
        assert client.request(method, url, headers=headers).status_code == 403


def test_own_page_may_give_orders(server: Emulator, client: httpx.Client) -> None:
    """The page itself, by whatever name of this machine it was opened, may give orders."""
    port = server.url.rpartition(":")[2]
    for name in ("127.0.0.1", "localhost", "[::1]"):
        headers = {"host": f"{name}:{port}", "origin": f"http://{name}:{port}"}
        assert client.post("/_emulator/reset", headers=headers).status_code == 200


def test_other_machines_are_refused() -> None:
    """Only callers whose address is of this machine may give orders, wherever it listens."""
    control = create_control(Service(CONTRACTS, Store()))

    async def ask(address: str) -> int:
        transport = httpx.ASGITransport(control, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/_emulator/stats")).status_code

    assert [asyncio.run(ask(each)) for each in ("127.0.0.1", "10.1.2.3")] == [200, 403]
