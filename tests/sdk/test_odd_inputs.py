"""What nobody expects: odd options, hosts, processes, loops and answers."""

from __future__ import annotations

import asyncio
import gc
import gzip
import itertools
import multiprocessing
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from answering import SECRET
from asapp_conversations import (
    APIStatusError,
    AsappError,
    AsyncClient,
    Client,
    InvalidRequestError,
    RateLimitError,
    Stored,
)
from documented import CONVERSATION, SUCCESS
from hostile import MESSAGES, STATUS_LINE, Kind, Session, answer, both, create, serving
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from test_hostile_servers import MIB

LOGIN = b"<!doctype html><title>Log in</title>"


@both
@pytest.mark.parametrize("prefix", ["/a%20b", "/ä", "/a+b%2Fc"])
def test_base_path_that_is_quoted(kind: Kind, prefix: str) -> None:
    """Below a base URL whose path is quoted, a page of HTML does not count as stored."""
    with serving([answer(SUCCESS, LOGIN)]) as server, pytest.raises(APIStatusError) as caught:
        create(kind, base_url=server.url + prefix, retries=0)
    assert caught.value.outcome_unknown


def in_child(client: Client) -> None:
    with suppress(AsappError):
        client.create_messages(CONVERSATION, MESSAGES)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_clients_share_no_connection() -> None:
    """Processes that were forked off one client never take each other's answers."""
    context = multiprocessing.get_context("fork")
    with serving([answer()]) as server:
        client = Client(base_url=server.url, rate=None, retries=0)
        client.create_messages(CONVERSATION, MESSAGES)
        for _ in range(2):
            child = context.Process(target=in_child, args=(client,))
            child.start()
            child.join()
        client.close()
    assert len(set(server.ports)) == len(server.heads)


def test_a_client_of_another_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that was forked off, a client says that it belongs to the other one."""
    client = Client()
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pytest.raises(InvalidRequestError, match="process in which it was made"):
        client.create_messages(CONVERSATION, MESSAGES)


@both
def test_one_span_a_call(kind: Kind) -> None:
    """OpenTelemetry's `instrument_client` shows each call once, and no key."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with (
        serving([answer(503)], [answer()]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        HTTPXClientInstrumentor.instrument_client(session.httpx, tracer_provider=provider)
        session.create()
    (span,) = exporter.get_finished_spans()
    assert SECRET not in span.to_json()


class TwoSteps(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        yield request
        yield request


@both
def test_refused_second_step_tells_the_truth(kind: Kind) -> None:
    """After an answer that an own `auth=` did not like, nobody says *nothing was sent*."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        session.httpx.auth = TwoSteps()
        with pytest.raises(InvalidRequestError) as caught:
            session.create()
    assert len(server.heads) == 1
    assert caught.value.progress
    assert "nothing was sent" not in str(caught.value)
    assert caught.value.progress.remaining == []


@both
def test_what_follows_a_packed_body_does_no_harm(kind: Kind) -> None:
    """Behind the end of a gzip no more is read than the limit, however much comes."""
    begun = STATUS_LINE + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}", mtime=0)
    endless = lambda: itertools.chain([begun], itertools.repeat(bytes(MIB)))
    with serving(endless) as server:
        assert create(kind, base_url=server.url, max_answer_bytes=1000).stored == 1


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example"])
def test_host_that_no_name_server_takes(host: str) -> None:
    """A name that cannot be looked up is refused, or certainly not reached."""
    with pytest.raises(AsappError) as caught:
        create(Client, base_url=f"https://{host}", retries=0)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("kind", [AsyncClient])
def test_port_that_cannot_be(kind: Kind) -> None:
    """So is a port beyond 65535."""
    with pytest.raises(AsappError) as caught:
        create(kind, base_url="http://127.0.0.1:99999", retries=0)
    assert not caught.value.outcome_unknown


@both
@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 10**400},
        {"timeout": httpx.Timeout(5, connect="x")},  # type: ignore[arg-type]
        {"timeout": 1e10},
        {"headers": "abc"},
        {"headers": {b"\xff": b"x"}},
        {"proxy": 5},
        {"environment": ""},
        {"environment": ["sandbox"]},
        {"credentials": ("id", "word")},
        {"credentials": "word"},
    ],
)
def test_option_that_cannot_work(kind: Kind, options: Any) -> None:
    """Such an option is refused in words that name it, when the client is made."""
    with pytest.raises((InvalidRequestError, TypeError), match=next(iter(options))):
        kind(**options)


@both
def test_misspelt_option_of_a_copy(kind: Kind) -> None:
    """A misspelt option of `with_options` names a class that somebody knows."""
    with pytest.raises(TypeError) as caught:
        kind().with_options(time_out=3)  # type: ignore[call-arg]
    assert "_BaseClient" not in str(caught.value)


@both
def test_waits_beyond_all_numbers(kind: Kind) -> None:
    """A number of seconds that overflows is too long, and not none."""
    script = [answer(429, b"{}", f"Retry-After: {'9' * 400}")]
    with serving(script) as server, pytest.raises(RateLimitError):
        create(kind, base_url=server.url)
    assert len(server.heads) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_closing_in_another_loop() -> None:
    """Closing a client in a second loop closes it, or says whose it is."""

    async def run(client: AsyncClient) -> Stored:
        stored = await client.create_messages(CONVERSATION, MESSAGES)
        await asyncio.sleep(0)
        return stored

    def close_late(client: AsyncClient) -> None:
        with asyncio.Runner() as runner:
            assert runner.run(run(client)).stored == 1
        with suppress(AsappError):
            asyncio.run(client.aclose())

    with serving([answer()]) as server:
        close_late(AsyncClient(base_url=server.url))
        gc.collect()  # nobody can close the connection that the first loop has left open


@both
def test_answer_has_a_duration(kind: Kind) -> None:
    """`elapsed` of an answer works as httpx documents it."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        assert session.run(session.httpx.get("/any")).elapsed.total_seconds() > 0


@both
def test_too_large_after_doubt_gets_advice_that_helps(kind: Kind) -> None:
    """The advice after a 413 to a batch in doubt is not to mend messages that do not remain."""
    with serving([answer(500)], [answer(413)]) as server, pytest.raises(AsappError) as caught:
        create(kind, MESSAGES * 2, base_url=server.url)
    assert caught.value.progress
    assert caught.value.progress.remaining == []
    assert "with_remaining" not in str(caught.value)
    assert "one message alone" not in str(caught.value)


@both
@pytest.mark.parametrize("form", ["{netloc}", "http://0.0.0.0"])
def test_no_proxy_as_httpx_reads_it(kind: Kind, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`NO_PROXY` with a port or a scheme exempts a host, as it does for httpx."""
    with serving([answer()]) as proxy, serving([answer()]) as server:
        netloc = server.netloc.replace("127.0.0.1", "0.0.0.0")
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", form.format(netloc=netloc))
        create(kind, base_url=f"http://{netloc}", allow_http=True)
    assert (len(server.heads), proxy.heads) == (1, [])
