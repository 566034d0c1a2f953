"""Faults over a real socket: what the client sees, and what is stored."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from asapp_conversations import APIConnectionError, agent
from asapp_conversations.toolkit import Clock
from asapp_conversations_emulator import Emulator, Fault
from asapp_conversations_emulator.faults import BODIES
from documented import CONVERSATION, OTHER, SUCCESS, fitting_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Start = Callable[..., Emulator]
Connect = Callable[..., httpx.Client]
Batch = Callable[..., dict[str, Any]]
PathOf = Callable[..., str]


def send(server: Emulator, path: str, content: bytes, length: int = 0) -> socket.socket:
    """Open a connection and send a request, whose head may promise more than is sent."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    headers = server.credentials.headers() | {"content-length": str(length or len(content))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection = socket.create_connection((host, int(port)))
    connection.sendall(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
    return connection


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what the server's thread is about to do."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        os.sched_yield()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("stored", [False, True])
def test_statuses_are_exact_about_storing(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch, body: str, stored: bool
) -> None:
    """One request meets a status with any body, and the message is held if it says so."""
    server.fail_next(f"503,{body}" + (",stored" if stored else ""))
    if body == "cut-off":
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message"):
            client.post(path(), json=batch("x"))
        assert server.stats()["dropped"] == 1
    else:
        answer = client.post(path(), json=batch("x"))
        assert answer.status_code == 503
        assert answer.headers["x-request-id"] == server.requests[0].request_id
        assert server.stats()["answers"] == {"503": 1}
    assert len(server.messages(CONVERSATION)) == stored
    assert client.post(path(), json=batch("x")).status_code == (409 if stored else SUCCESS)
    assert len(server.messages(CONVERSATION)) == 1


def test_bodies_are_what_they_are_called(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """HTML, empty, truncated, mislabelled and a gateway's bodies are just that."""

    def answer(fault: str) -> httpx.Response:
        server.fail_next(fault)
        return client.post(path(), json=batch("x"))

    assert answer("502").json()["error"]["code"] == "502-01"
    assert "faultstring" in answer("502,gateway").json()["fault"]
    html = answer("502,html")
    assert (html.headers["content-type"], html.text[:6]) == ("text/html", "<html>")
    assert answer("502,empty").content == b""
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer("502,truncated").content)
    mislabelled = answer("502,wrong-charset")
    assert mislabelled.charset_encoding == "utf-8"
    with pytest.raises(UnicodeDecodeError):
        mislabelled.content.decode("utf-8")
    assert answer("520").json()["error"]["message"] == "Status 520"
    assert answer("429,retry-after=2").headers["retry-after"] == "2"


@pytest.mark.parametrize(("fault", "held"), [("refuse", 0), ("reset", 0), ("reset,stored", 1)])
def test_lost_connections_are_exact_about_storing(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch, fault: str, held: int
) -> None:
    """A cut connection is counted as dropped, and the message is held if it says so."""
    server.fail_next(fault)
    with pytest.raises(httpx.TransportError):
        client.post(path(), json=batch("x"))
    stats = server.stats()
    assert (stats["dropped"], stats["answers"], stats["requests"]) == (1, {}, 1)
    assert stats["faults"] == {fault: 1}
    assert (server.requests[0].outcome, server.requests[0].stored) == ("dropped", held)
    assert len(server.messages(CONVERSATION)) == held


@pytest.mark.parametrize(("fault", "held"), [("silence", 0), ("silence,stored", 1)])
def test_silence_is_exact_about_storing(
    server: Emulator, path: PathOf, batch: Batch, fault: str, held: int
) -> None:
    """A connection left without an answer is counted as dropped at once, and only once."""
    server.fail_next(fault)
    with send(server, path(), json.dumps(batch("x")).encode()):
        wait_until(lambda: server.requests)
    server.client().create_messages(OTHER, [agent("x", "a-1", "2024-03-04T08:00:00")])
    stats = server.stats()
    assert (stats["dropped"], stats["abandoned"], stats["answers"]) == (1, 0, {str(SUCCESS): 1})
    assert len(server.messages(CONVERSATION)) == held


def test_reset_is_a_reset(server: Emulator, path: PathOf, batch: Batch) -> None:
    """A reset connection ends in ECONNRESET, not in an orderly close."""
    server.fail_next("reset")
    with (
        send(server, path(), json.dumps(batch("x")).encode()) as connection,
        pytest.raises(ConnectionResetError) as caught,
    ):
        connection.recv(1)
    assert caught.value.errno == errno.ECONNRESET


def test_refused_before_the_body_is_read(server: Emulator, path: PathOf) -> None:
    """A refused connection is closed although the body has not come."""
    server.fail_next("refuse")
    with send(server, path(), b"", length=9) as connection:
        assert connection.recv(1) == b""


def test_delay_answers_late(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A delayed request gets its answer, whether it is stored before or after the wait."""
    for text, fault in (("one", "delay=0.01"), ("two", "delay=0.01,stored")):
        server.fail_next(fault)
        assert client.post(path(), json=batch(text)).status_code == SUCCESS
        assert server.requests[-1].seconds >= 0.01
    assert server.stats()["messages"] == 2


def test_client_that_gives_up_on_a_delay(server: Emulator, path: PathOf, batch: Batch) -> None:
    """When the client leaves, the request is abandoned: what was not stored never will be."""
    content = json.dumps(batch("x")).encode()
    server.fail_next("delay=3600,stored", conversation_id=CONVERSATION)
    with send(server, path(), content):
        wait_until(lambda: server.messages(CONVERSATION))
    wait_until(lambda: server.requests)
    server.fail_next("delay=3600", conversation_id=OTHER)
    send(server, path(OTHER), content).close()
    wait_until(lambda: len(server.requests) == 2)
    assert (server.stats()["abandoned"], server.conversations()) == (2, {CONVERSATION: 1})
    assert [request.stored for request in server.requests] == [1, 0]


def test_latency_is_of_every_accepted_request(
    start: Start, connect: Connect, path: PathOf, batch: Batch
) -> None:
    """With a latency, what is stored is answered later."""
    server = start(latency=0.02)
    assert connect(server).post(path(), json=batch("x")).status_code == SUCCESS
    assert server.requests[0].seconds >= 0.02


def test_client_that_leaves_in_the_middle_of_a_body(server: Emulator, path: PathOf) -> None:
    """A request whose body never ends is abandoned, and nothing of it is stored."""
    send(server, path(), b"{}", length=9).close()
    wait_until(lambda: server.requests)
    stats = server.stats()
    assert (stats["abandoned"], stats["messages"]) == (1, 0)


def test_fault_after_storing_spares_what_is_refused(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """What is not accepted gets its refusal, so that the fault always means stored."""
    server.fail_next("reset,stored", conversation_id=CONVERSATION)
    assert client.post(path(OTHER), json=batch("x")).status_code == SUCCESS
    assert client.post(path(), json=batch("")).status_code == 400
    assert server.stats()["faults"] == {}


def test_resend_of_what_is_held_can_fail_too(
    server: Emulator, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A resend of a held batch meets a fault after storing as well."""
    client.post(path(), json=batch("x"))
    server.fail_next("500,stored")
    assert client.post(path(), json=batch("x")).status_code == 500
    assert len(server.messages(CONVERSATION)) == 1


def test_reset_goes_back_to_the_start(
    start: Start, connect: Connect, path: PathOf, batch: Batch
) -> None:
    """After a reset it holds nothing, has no faults for the next requests, and those of its start."""
    server = start(faults=["500"])
    client = connect(server)
    server.fail_next("reset")
    server.reset()
    assert client.post(path(), json=batch("x")).status_code == 500
    assert server.stats()["requests"] == 1


def test_outage_refuses_connections(server: Emulator) -> None:
    """While it is stopped connections are refused; started again it is where and what it was."""
    messages = [agent("x", "a-1", "2024-03-04T08:00:00")]
    client = server.client(retries=0)
    client.create_messages(CONVERSATION, messages)
    server.stop()
    with pytest.raises(APIConnectionError) as caught:
        client.create_messages(CONVERSATION, messages)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    server.start()
    assert client.create_messages(CONVERSATION, messages).already_stored == 1
    server.stop()


SEEDED = [
    "503",
    "503,stored",
    "reset",
    "reset,stored",
    "refuse",
    "502,html",
    f"{SUCCESS},truncated,stored",
]


def test_a_fifth_fails_and_nothing_is_lost_or_doubled(start: Start) -> None:
    """Against a seeded mix of faults the SDK stores every message once, twice the same way."""

    def run() -> tuple[dict[str, Any], dict[str, int]]:
        server = start(faults=SEEDED, share=0.2, seed=3)
        no_wait = Clock(sleep=lambda seconds: None)
        client = server.client(rate=None, clock=no_wait, total_timeout=None, retries=10)
        for number in range(100):
            messages = [agent(f"{number} {i}", "a-1", "2024-03-04T08:00:00") for i in range(3)]
            assert client.create_messages(fitting_id(f"C{number}"), messages).stored == 3
        assert not server.stats()["duplicates"]
        return server.stats(), server.conversations()

    (stats, held), again = run(), run()
    assert (stats, held) == again
    assert held == {fitting_id(f"C{number}"): 3 for number in range(100)}
    assert stats["requests"] == sum(stats["answers"].values()) + stats["dropped"]
    assert set(stats["faults"]) == set(SEEDED)


FAULTS = st.sampled_from([None, "delay=0", "delay=0,stored", "429,retry-after=1", *SEEDED])
STEPS = st.lists(
    st.tuples(st.sampled_from([CONVERSATION, OTHER]), st.sampled_from(["one", "two", ""]), FAULTS),
    max_size=12,
)


@given(STEPS)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_mix_of_faults_is_exact(
    server: Emulator,
    client: httpx.Client,
    path: PathOf,
    batch: Batch,
    steps: list[tuple[str, str, str | None]],
) -> None:
    """Whatever fault a request meets: what the client sees, what is held and all counts agree."""
    server.reset()
    held: list[tuple[str, str]] = []
    seen: Counter[str] = Counter()
    for conversation_id, text, written in steps:
        fault = Fault.parse(written) if written else None
        if written:
            server.fail_next(written)
        shown = fault and fault.kind != "delay" and (not fault.stored or text)
        expected = "400" if not text else "409" if (conversation_id, text) in held else str(SUCCESS)
        if expected == str(SUCCESS) and (not shown or (fault and fault.stored)):
            held.append((conversation_id, text))
        if fault and shown:
            expected = str(fault.status) if fault.kind == "status" else "dropped"
        try:
            met = str(client.post(path(conversation_id), json=batch(text)).status_code)
        except httpx.TransportError:
            met = "dropped"
        assert met == expected
        seen[met] += 1
    stats = server.stats()
    for conversation_id in (CONVERSATION, OTHER):
        texts = [each["text"] for each in server.messages(conversation_id)]
        assert texts == [text for other, text in held if other == conversation_id]
    assert (stats["batches"], stats["messages"]) == (len(held), len(held))
    assert stats["requests"] == seen.total() == len(steps)
    assert stats["answers"] | {"dropped": stats["dropped"]} == {"dropped": 0, **seen}
    assert (stats["abandoned"], stats["duplicates"]) == (0, {})


def test_silence_does_not_hold_up_the_end(path: PathOf, batch: Batch) -> None:
    """The server ends at once although a client still waits for an answer."""

    async def run() -> None:
        with ExitStack() as running:
            server = running.enter_context(Emulator(faults=["silence"]))
            async with httpx.AsyncClient(
                base_url=server.url, headers=server.credentials.headers(), timeout=60
            ) as client:
                waiting = asyncio.create_task(client.post(path(), json=batch("x")))
                while not server.requests:
                    await asyncio.sleep(0)
                running.close()
                with pytest.raises(httpx.TransportError):
                    await waiting

    asyncio.run(run())
