"""Where the keys come from, and where they go."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from answering import OK, SECRET, MakeMessages, Server, error
from asapp_conversations import (
    APIStatusError,
    AuthenticationError,
    Client,
    Credentials,
    InvalidRequestError,
)
from asapp_conversations.published import PRODUCTION_URL
from asapp_conversations_client.facts import BATCH, SERVER_URLS
from documented import CONVERSATION, SUCCESS, batch_path


def test_credentials_are_renewed_once(time: Any, make_messages: MakeMessages) -> None:
    """A provider is asked when first needed, and once again on a 401."""
    pairs = iter([Credentials("old", "a"), Credentials("new", "b"), Credentials("none", "c")])
    server = Server(error(401), OK)
    client = server.client(time, credentials=lambda: next(pairs))
    client.create_messages(CONVERSATION, make_messages(1))
    client.create_messages(CONVERSATION, make_messages(1))
    name = BATCH.operation.keys[0].name
    assert [headers[name] for headers in server.headers] == ["old", "new", "new"]
    refusing = Server(error(401))
    with pytest.raises(AuthenticationError):
        refusing.client(time, credentials=lambda: Credentials("x", "y")).create_messages(
            CONVERSATION, make_messages(1)
        )
    assert len(refusing.bodies) == 2


def test_renewal_is_shared(time: Any, make_messages: MakeMessages) -> None:
    """When several requests are refused at once, the provider is asked once for all of them."""
    pairs = [Credentials(name, "s") for name in ("old", "new", "never")]
    asked, together = iter(pairs), threading.Barrier(2)
    name = BATCH.operation.keys[0].name

    def serve(request: httpx.Request) -> httpx.Response:
        if request.headers[name] == "old":
            together.wait(10)
            return httpx.Response(401)
        return httpx.Response(SUCCESS, json={"key": request.headers[name]})

    client = Client(
        credentials=lambda: next(asked), transport=httpx.MockTransport(serve), rate=None
    )
    send = partial(client.create_messages, CONVERSATION, make_messages(1))
    with ThreadPoolExecutor(2) as threads:
        assert [one.result().stored for one in [threads.submit(send) for _ in range(2)]] == [1, 1]
    assert next(asked) is pairs[2]


def test_provider_must_return_credentials(time: Any, make_messages: MakeMessages) -> None:
    """A provider that returns something else is named."""
    client = Server(OK).client(time, credentials=lambda: "secret")
    with pytest.raises(InvalidRequestError, match="must return Credentials, not str"):
        client.create_messages(CONVERSATION, make_messages(1))


def test_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, with the variable that would give it."""
    monkeypatch.delenv("ASAPP_API_SECRET")
    with pytest.raises(InvalidRequestError, match=r"no api_secret.*ASAPP_API_SECRET"):
        Client()
    monkeypatch.delenv("ASAPP_API_ID")
    with pytest.raises(InvalidRequestError, match="no api_id and no api_secret"):
        Client()


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("schl\n", "ends with a space or a line break"),
        (" schl", "begins or ends"),
        ("schlüssel", "printable ASCII"),
        ("sch\nl", "printable ASCII"),
        (5, "must be a string"),
    ],
)
def test_keys_that_no_header_carries_are_refused(secret: Any, reason: str) -> None:
    """A key that cannot be a header's value is refused with the reason, without being quoted."""
    with pytest.raises(InvalidRequestError, match=f"^api_secret .*{reason}") as caught:
        Credentials("id", secret)
    assert "schl" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8080", "https://host:port", "api.sandbox.asapp.com"])
def test_wrong_base_url_of_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """An error names the variable that the base URL may come from."""
    monkeypatch.setenv("ASAPP_BASE_URL", url)
    with pytest.raises(InvalidRequestError, match="ASAPP_BASE_URL"):
        Client()


def test_credentials_hide_the_secret() -> None:
    """The secret is in no repr, and a pair refuses to be pickled."""
    assert SECRET not in repr(Credentials("id", SECRET))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Credentials("id", SECRET))


def test_one_source_of_credentials() -> None:
    """Keys and credentials together are refused."""
    with pytest.raises(InvalidRequestError, match="not both"):
        Client("id", credentials=Credentials("id", "secret"))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://localhost",
        "https://",
        "https://user:pw@host",
        "https://host?a=b",
        "http://10.0.0.1",
        "https://host:port",
    ],
)
def test_base_urls_that_would_leak_keys_are_refused(url: str) -> None:
    """Keys go only over https, or to this machine."""
    with pytest.raises(InvalidRequestError, match="base_url"):
        Client(base_url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.2:8080", "http://[::1]", "http://a.localhost"])
def test_loopback_may_be_plain_http(url: str) -> None:
    """Plain http is fine on this machine, and elsewhere when it is allowed."""
    assert url in repr(Client(base_url=url))
    assert "example" in repr(Client(base_url="http://example.com", allow_http=True))


def test_default_server_is_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a base URL the document's server is used."""
    monkeypatch.delenv("ASAPP_BASE_URL")
    assert next(url for url in SERVER_URLS if url != PRODUCTION_URL) in repr(Client())


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "http://localhost:2/", "https://localhost:1/"]
)
def test_nothing_goes_to_another_origin(time: Any, url: str) -> None:
    """A request to another host, port or scheme is refused in words."""
    server = Server(OK)
    with pytest.raises(InvalidRequestError, match="use another httpx client"):
        server.client(time).get_httpx_client().post(url, json={})
    assert server.headers == []


def test_base_path_is_kept(time: Any, make_messages: MakeMessages) -> None:
    """A base URL with a path puts it before every operation's."""
    server = Server(error(503), OK)
    client = server.client(time, base_url="http://localhost/gateway/")
    assert client.create_messages(CONVERSATION, make_messages(1)).retries == 1
    assert server.urls[0].path == f"/gateway{batch_path()}"


def test_redirects_are_not_followed(time: Any, make_messages: MakeMessages) -> None:
    """A redirect is an error, not a way for keys to leave."""
    server = Server(httpx.Response(307, headers={"location": "https://elsewhere.example/"}))
    with pytest.raises(APIStatusError) as caught:
        server.client(time).create_messages(CONVERSATION, make_messages(1))
    assert caught.value.status_code == 307
    assert len(server.urls) == 1


def test_async_provider_needs_an_async_client(time: Any, make_messages: MakeMessages) -> None:
    """A client for threads says that it cannot wait for an async function, and goes on with others."""

    class Slow:
        def __await__(self) -> Any:
            yield
            return Credentials("id", "secret")

    answers: list[Any] = [Slow(), Credentials("id", "secret")]
    client = Server(OK).client(time, credentials=lambda: answers.pop(0))
    with pytest.raises(TypeError, match="use AsyncClient"):
        client.create_messages(CONVERSATION, make_messages(1))
    assert client.create_messages(CONVERSATION, make_messages(1)).stored == 1
