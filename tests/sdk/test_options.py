"""What a client and its copies can be told."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise
from typing import Any

import httpx
import pytest
from answering import OK, MakeMessages, Server
from asapp_conversations import AsappError, AsyncClient, Client, InvalidRequestError
from documented import CONVERSATION, SUCCESS


def test_copies_share_and_do_not_change(time: Any, make_messages: MakeMessages) -> None:
    """`with_options` leaves the client as it was."""
    server = Server(OK)
    client = server.client(time, headers={"x-first": "1"})
    with client.with_options(timeout=3, headers={"x-second": "2"}, rate=None) as changed:
        changed.create_messages(CONVERSATION, make_messages(1))
    client.create_messages(CONVERSATION, make_messages(1))
    assert [headers.get("x-second") for headers in server.headers] == ["2", None]
    assert [headers["x-first"] for headers in server.headers] == ["1", "1"]
    assert client != client.with_options()
    assert len({client, client}) == 1


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("with_headers", "with_options"),
        ("with_timeout", "with_options"),
        ("with_cookies", "httpx client"),
        ("set_httpx_client", "transport="),
        ("set_async_httpx_client", "transport="),
    ],
)
def test_second_ways_are_refused(kind: Any, name: str, way: str) -> None:
    """What the generated client has, and would change the client itself, names the one way."""
    with pytest.raises(TypeError, match=way):
        getattr(kind(), name)({})


def test_timeout_reaches_each_request(time: Any, make_messages: MakeMessages) -> None:
    """A timeout is that of every attempt of the client or the copy that it was given to."""
    seen = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(SUCCESS, json={})

    client = Client(transport=httpx.MockTransport(note), clock=time.clock())
    client.with_options(timeout=3).create_messages(CONVERSATION, make_messages(1))
    client.create_messages(CONVERSATION, make_messages(1))
    assert seen[0] == {"connect": 1.5, "read": 3, "write": 3, "pool": 1.5}
    assert seen[1] == {"connect": 5, "read": 30, "write": 30, "pool": 15}


@pytest.mark.parametrize(
    "options",
    [
        {"retries": -1},
        {"retries": True},
        {"rate": 0},
        {"timeout": None},
        {"rate": -5.0},
        {"max_wait": -1},
        {"max_wait": 1e9},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "30"},
        {"timeout": httpx.Timeout(None)},
        {"total_timeout": -1},
        {"max_answer_bytes": 0},
        {"headers": {"x": "a\nb"}},
        {"headers": {"x": "é"}},
        {"proxy": "gopher://localhost"},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    """A setting that cannot work is named at once."""
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        Client(**options)


def test_unknown_options_are_refused() -> None:
    """A misspelt option is an error, not a setting without effect."""
    with pytest.raises(TypeError, match=r"Client.__init__.*retry"):
        Client(retry=3)  # type: ignore[call-arg]


def test_own_user_agent_replaces_ours(time: Any, make_messages: MakeMessages) -> None:
    """A header of ours is replaced however its name is written, never sent twice."""
    server = Server(OK)
    client = server.client(time, headers={"user-agent": "mine"})
    client.with_options(headers={"USER-AGENT": "copy's"}).create_messages(
        CONVERSATION, make_messages(1)
    )
    client.create_messages(CONVERSATION, make_messages(1))
    assert [headers["user-agent"] for headers in server.headers] == ["copy's", "mine"]


def test_transport_and_connection_options_exclude_each_other() -> None:
    """An own transport would silently ignore httpx's options."""
    with pytest.raises(InvalidRequestError, match="transport= would ignore proxy="):
        Client(transport=httpx.MockTransport(Server(OK)), proxy="http://localhost:3128")


def test_requests_are_evenly_spaced(time: Any, make_messages: MakeMessages) -> None:
    """Requests leave no closer than the rate allows, resends too."""
    departures = []

    def note(request: httpx.Request) -> httpx.Response:
        departures.append(time.now)
        return httpx.Response(SUCCESS, json={})

    client = Client(transport=httpx.MockTransport(note), clock=time.clock(), rate=10)
    for _ in range(5):
        client.create_messages(CONVERSATION, make_messages(1))
    gaps = [later - earlier for earlier, later in pairwise(departures)]
    assert gaps == pytest.approx([0.1] * 4, rel=1e-6)


def test_tasks_share_one_pace(time: Any, make_messages: MakeMessages) -> None:
    """All tasks of an async client, and its copies, leave one after the other."""
    departures = []

    def note(request: httpx.Request) -> httpx.Response:
        departures.append(time.now)
        return httpx.Response(SUCCESS, json={})

    async def run() -> None:
        client = AsyncClient(transport=httpx.MockTransport(note), clock=time.clock(), rate=50)
        copies = (client, client.with_options(retries=0), client)
        await asyncio.gather(
            *(each.create_messages(CONVERSATION, make_messages(1)) for each in copies)
        )

    asyncio.run(run())
    gaps = [later - earlier for earlier, later in pairwise(departures)]
    assert gaps == pytest.approx([1 / 50] * 2, rel=1e-4)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_rate_is_a_ceiling_below_which_the_pace_follows_refusals(kind: Any, time: Any) -> None:
    """Refusals lower the pace of every copy, other answers raise it, and failures do neither."""
    outcomes: list[int] = []
    client = kind(
        transport=httpx.MockTransport(lambda _: httpx.Response(outcomes.pop(0), json={})),
        clock=time.clock(),
        rate=10,
    )
    copy = client.with_options(retries=0)

    def pace(*statuses: int) -> float:
        """Seconds from one departure to the next, after these answers."""
        outcomes[:] = [*statuses, 503, 503]
        for _ in range(len(outcomes)):
            before = time.now
            with suppress(AsappError):
                sent = copy.send_batch(CONVERSATION, b"{}")
                if kind is AsyncClient:
                    loop.run_until_complete(sent)
        return float(time.now - before)

    loop = asyncio.new_event_loop()
    even = pace(200)
    lowered = pace(429, 429)
    assert lowered > even == pytest.approx(0.1)
    assert pace(503) == pytest.approx(lowered)
    assert pace(*[404] * 50) == pytest.approx(even)
    assert pace(*[429] * 1000) <= 1.01
    loop.close()
