"""Whatever goes wrong comes out as an `AsappError`, or as a `TypeError` for wrong use."""

from __future__ import annotations

import asyncio
import copy
import inspect
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import trio
from answering import SECRET
from asapp_conversations import (
    APIConnectionError,
    APITimeoutError,
    AsappError,
    AsyncClient,
    Client,
    Credentials,
    InvalidRequestError,
    Stored,
)
from asapp_conversations_client.facts import BATCH
from documented import CONVERSATION, SUCCESS
from hostile import (
    MESSAGES,
    SOON,
    STATUS_LINE,
    Kind,
    Session,
    answer,
    both,
    create,
    hang_up,
    nobody,
    serving,
)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_any_loop_of_anyio(backend: str) -> None:
    """`AsyncClient` works in asyncio and in trio, with its deadline."""

    async def run(url: str, timeout: float | httpx.Timeout) -> Stored:
        async with AsyncClient(base_url=url, timeout=timeout, retries=0) as client:
            return await client.create_messages(CONVERSATION, MESSAGES)

    with serving([answer()], [STATUS_LINE + b"X: ", 30.0]) as server:
        assert anyio.run(run, server.url, 30, backend=backend).stored == 1
        with pytest.raises(APITimeoutError) as caught:
            anyio.run(run, server.url, SOON, backend=backend)
    assert caught.value.outcome_unknown


def test_trio_as_a_guest_of_asyncio() -> None:
    """In trio's guest mode a loop of asyncio runs too, which is not the one that counts."""

    async def guest(url: str, timeout: float) -> Stored:
        async with AsyncClient(base_url=url, timeout=timeout, retries=0) as client:
            return await client.create_messages(CONVERSATION, MESSAGES)

    async def host(*arguments: Any) -> Stored:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        trio.lowlevel.start_guest_run(
            guest,
            *arguments,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=ended.set_result,
        )
        stored: Stored = (await ended).unwrap()
        return stored

    with serving([answer()], [STATUS_LINE + b"X: ", 30.0]) as server:
        assert asyncio.run(host(server.url, 30)).stored == 1
        with pytest.raises(APITimeoutError):
            asyncio.run(host(server.url, SOON))


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_second_loop_is_refused(first: str, second: str) -> None:
    """A client that was used in one event loop says in another that it belongs there."""
    with serving([answer(SUCCESS, b"{}", "Connection: close")]) as server:
        client = AsyncClient(base_url=server.url)
        assert anyio.run(client.create_messages, CONVERSATION, MESSAGES, backend=first).stored == 1
        for call in (client.create_messages, client.with_options(retries=0).create_messages):
            with pytest.raises(InvalidRequestError, match=r"nothing was sent.*event loop"):
                anyio.run(call, CONVERSATION, MESSAGES, backend=second)
    assert len(server.heads) == 1


def test_made_outside_of_a_loop() -> None:
    """A client may be made before the one loop begins in which it is used."""
    with serving([answer()]) as server:
        client = AsyncClient(base_url=server.url)

        async def run() -> int:
            stored = [await client.create_messages(CONVERSATION, MESSAGES) for _ in range(2)]
            await client.aclose()
            return len(stored)

        assert asyncio.run(run()) == 2


class Broken(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport with a bug."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


@both
@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "the disk is full"),
        ConnectionResetError("reset"),
        ValueError("of s3cret-value"),
        RuntimeError("of s3cret-value"),
        KeyError("s3cret-value"),
        AssertionError(),
        ExceptionGroup("of s3cret-value", [OSError("a"), ValueError("s3cret-value")]),
        httpx.ReadError("no"),
        httpx.InvalidURL("no"),
        httpx.StreamConsumed(),
        httpx.TooManyRedirects("no"),
    ],
)
def test_transport_with_a_bug(kind: Kind, error: Exception) -> None:
    """What a transport raises is the cause of an error of ours, whose words quote no key."""
    with pytest.raises(APIConnectionError) as caught:
        create(kind, base_url="http://localhost:9", transport=Broken(error), retries=1)
    assert caught.value.__cause__ is error
    assert caught.value.outcome_unknown
    assert "localhost:9" in str(caught.value)
    assert type(error).__name__ in str(caught.value)
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value, APITimeoutError) == isinstance(error, TimeoutError)


SECONDS: list[Any] = [-1, -0.5, math.nan, math.inf, "5", True, (1, 2), [], object()]
COUNTS: list[Any] = [-1, 1.5, "3", True, None, math.nan]
BAD_OPTIONS: list[tuple[str, Any]] = [
    *(("timeout", value) for value in [*SECONDS, 0, None, httpx.Timeout(None)]),
    *(("rate", value) for value in [*SECONDS, 0]),
    *(("total_timeout", value) for value in [*SECONDS, 0]),
    *(("max_wait", value) for value in [*SECONDS, None, 1e9]),
    *(("retries", value) for value in COUNTS),
    *(("max_answer_bytes", value) for value in [*COUNTS, 0]),
    *(("headers", {"X": f"a{end}b"}) for end in ("\n", "\r\n", "\0", "\x1b")),
    *(("headers", {f"X{end}": "a"}) for end in ("\n", "\r")),
    *(("headers", value) for value in ({"X": "é"}, {"Ü": "a"}, {"X": "\ud800"})),
    *(("base_url", url) for url in ("", "api.asapp.com", "ftp://a", "https://", "https://a?b=c")),
    *(("base_url", url) for url in ("https://me:word@a", "https://a#b", "https://[::1", 5, b"a")),
    *(("environment", name) for name in ("Production", "prod", "emulator", 5)),
    *(("proxy", url) for url in ("proxy:8080/ü b", "ftp://a", "nonsense")),
]


@both
@pytest.mark.parametrize(("name", "value"), BAD_OPTIONS)
def test_bad_option(kind: Kind, name: str, value: Any) -> None:
    """An option that cannot work is refused when the client is made, and named."""
    with pytest.raises(InvalidRequestError, match=name):
        kind(**{name: value})


@both
@pytest.mark.parametrize("form", [str.lower, str.upper, str.title])
def test_keys_are_no_headers(kind: Kind, form: Callable[[str], str]) -> None:
    """A key among the headers is refused, whatever its letters."""
    for name in [key.name for key in BATCH.operation.keys]:
        with pytest.raises(InvalidRequestError, match="key"):
            kind(headers={form(name): "a"})
        with pytest.raises(InvalidRequestError, match="key"):
            kind().with_options(headers={form(name): "a"})


@both
@pytest.mark.parametrize("options", [{"timeout": 0}, {"retries": -1}, {"rate": 0}])
def test_bad_option_of_a_copy(kind: Kind, options: Any) -> None:
    """So is one of `with_options`."""
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        kind().with_options(**options)


@both
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_are_not_there(
    kind: Kind, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that names no certificates is named, or the connection fails as others do."""
    monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    with nobody() as url, pytest.raises(AsappError) as caught:
        create(kind, base_url=url.replace("http", "https"), retries=0)
    assert isinstance(caught.value, APIConnectionError) or variable in str(caught.value)


@both
@pytest.mark.parametrize("url", ["ftp://a", "nonsense://a:b:c", "a:b:c"])
def test_proxy_variable_that_is_no_url(
    kind: Kind, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that names no proxy; but not where no proxy is used."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(InvalidRequestError, match="HTTPS_PROXY"):
        kind(base_url="https://api.invalid")
    kind(base_url="https://127.0.0.1")


@pytest.mark.parametrize(
    ("kind", "transport"),
    [
        (Client, httpx.AsyncHTTPTransport()),
        (AsyncClient, httpx.HTTPTransport()),
        (Client, httpx.HTTPTransport),
        (AsyncClient, object()),
        (Client, "http://a"),
    ],
)
def test_wrong_kind_of_transport(kind: Kind, transport: Any) -> None:
    """A transport of the other kind is a `TypeError` that names the right one."""
    with pytest.raises(TypeError, match=r"transport must be an httpx\.(Async)?BaseTransport"):
        kind(transport=transport)


@both
def test_misspelt_option(kind: Kind) -> None:
    """A misspelt option is a `TypeError` that names the class; the signature shows them all."""
    misspelt: list[Any] = [{"time_out": 3}, {"verify": False}, {"http2": True}, {"limits": None}]
    for options in misspelt:
        with pytest.raises(TypeError, match=rf"\b{kind.__name__}\b.*{next(iter(options))}"):
            kind(**options)
    kinds = {parameter.kind for parameter in inspect.signature(kind).parameters.values()}
    assert kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}


@both
@pytest.mark.parametrize("clone", [pickle.dumps, copy.copy, copy.deepcopy])
def test_clients_are_not_copied(kind: Kind, clone: Callable[[object], object]) -> None:
    """Pickling or copying a client or credentials is refused in words."""
    with pytest.raises(TypeError, match=rf"{kind.__name__} holds connections and keys"):
        clone(kind())
    with pytest.raises(TypeError, match="Credentials are not pickled"):
        clone(Credentials("id", "word"))


@both
def test_errors_name_the_host(kind: Kind) -> None:
    """An error of the connection says whom it did not reach."""
    with nobody() as url, pytest.raises(APIConnectionError, match=url.removeprefix("http://")) as e:
        create(kind, base_url=url, retries=0)
    assert not e.value.outcome_unknown
    with serving([hang_up]) as server, pytest.raises(APIConnectionError, match=server.netloc) as e:
        create(kind, base_url=server.url, retries=0)
    assert e.value.outcome_unknown


@both
@pytest.mark.parametrize("messages", [None, 5, "text", b"{}", MESSAGES[0], MESSAGES[0].to_dict()])
def test_what_is_no_list_of_messages(kind: Kind, messages: Any) -> None:
    """Anything that is no iterable of messages is refused, and named by its type."""
    with (
        serving([answer()]) as server,
        Session(kind, base_url=server.url) as session,
        pytest.raises(InvalidRequestError, match=type(messages).__name__),
    ):
        session.run(session.client.create_messages(CONVERSATION, messages))
    assert server.heads == []


@both
@pytest.mark.parametrize("conversation", [None, 5, "", "../x", "A B", "A\n", "é", b"ABC"])
def test_conversation_that_cannot_be(kind: Kind, conversation: Any) -> None:
    """An id that the document does not allow is refused, for a ready body as well."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        for method, argument in (("create_messages", MESSAGES), ("send_batch", b"{}")):
            with pytest.raises(InvalidRequestError, match="nothing was sent"):
                session.run(getattr(session.client, method)(conversation, argument))
    assert server.heads == []
