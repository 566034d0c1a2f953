"""The httpx client underneath is httpx's own, and does what httpx's documentation says."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import pytest
from answering import SECRET
from asapp_conversations import (
    AsappError,
    AsyncClient,
    AuthenticationError,
    Client,
    InvalidRequestError,
    NotFoundError,
)
from asapp_conversations_client.facts import BATCH
from documented import SUCCESS, batch_path
from hostile import HostileServer, Kind, Session, answer, both, hang_up, serving
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PATH = batch_path()
KEYS = {key.name.lower() for key in BATCH.operation.keys}


class Hooks:
    """Hooks of either kind that keep what they see; one marks each request."""

    def __init__(self, session: Session, mark: dict[str, str] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.responses: list[httpx.Response] = []
        self._mark = mark or {}
        hooks: dict[str, Any] = {"request": self._request, "response": self.responses.append}
        if inspect.iscoroutinefunction(session.client.create_messages):
            hooks = {name: self._async(hook) for name, hook in hooks.items()}
        session.httpx.event_hooks = {name: [hook] for name, hook in hooks.items()}

    def _request(self, request: httpx.Request) -> None:
        self.requests.append(request)
        request.headers.update(self._mark)

    @staticmethod
    def _async(hook: Any) -> Any:
        async def async_hook(value: object) -> None:
            hook(value)

        return async_hook


def has_key(request: httpx.Request) -> bool:
    return bool(KEYS & set(request.headers)) or SECRET in repr(request.headers.raw)


def sent_headers(server: HostileServer, index: int = -1) -> httpx.Headers:
    """The headers of a request that came."""
    pairs = [line.partition(b": ") for line in server.heads[index].split(b"\r\n")[1:]]
    return httpx.Headers([(name, value) for name, _, value in pairs])


@both
def test_hooks_run_once_a_call(kind: Kind) -> None:
    """Hooks see a call once, however often it is sent, and never a key."""
    scripts = [answer(503)], [hang_up], [answer(429)], [answer()]
    with serving(*scripts) as server, Session(kind, base_url=server.url) as session:
        hooks = Hooks(session)
        assert session.create().requests == 4
    (request,), (response,) = hooks.requests, hooks.responses
    assert response.status_code == SUCCESS
    assert response.request is request
    assert not has_key(request)
    assert all(sent_headers(server, index).keys() >= KEYS for index in range(4))


@both
@pytest.mark.parametrize(
    "script", [[answer(404)], [answer(500)], [hang_up], [answer(SUCCESS, b"?")]]
)
def test_failures_are_not_shown_to_response_hooks(kind: Kind, script: Any) -> None:
    """A call that fails runs the request's hooks once, and nothing on the error has a key."""
    with serving(script) as server, Session(kind, base_url=server.url) as session:
        hooks = Hooks(session)
        with pytest.raises(AsappError) as caught:
            session.create()
    assert hooks.responses == []
    assert [has_key(request) for request in hooks.requests] == [False]
    error: BaseException | None = caught.value
    while error is not None:
        request = vars(error).get("_request")
        assert request is None or not has_key(request)
        error = error.__cause__ or error.__context__


@both
def test_what_a_hook_sets_is_sent(kind: Kind) -> None:
    """A hook can add a header to every attempt, but cannot put another key in the place of ours."""
    with (
        serving([answer(500)], [answer()]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        Hooks(session, {"X-Trace": "7", **dict.fromkeys(KEYS, "stolen")})
        session.create()
    for index in range(2):
        headers = sent_headers(server, index)
        assert headers["x-trace"] == "7"
        assert "stolen" not in headers.values()


@both
def test_cookies(kind: Kind) -> None:
    """Cookies of the server and of the user go out with the next call, and with a copy's."""
    first = answer(SUCCESS, b"{}", "Set-Cookie: lane=7; Path=/")
    with (
        serving([first], [answer()]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        session.httpx.cookies.set("mine", "1")
        session.create()
        assert sent_headers(server)["cookie"] == "mine=1"
        session.create()
        for client in (session.client.with_options(retries=0), session.client):
            session.create(client=client)
            assert set(sent_headers(server)["cookie"].split("; ")) == {"mine=1", "lane=7"}
        copy = session.client.with_options()
        beneath = copy.get_httpx_client() if kind is Client else copy.get_async_httpx_client()
        beneath.cookies.set("more", "2")
        session.create(client=copy)
        assert "more=2" in sent_headers(server)["cookie"]
        session.create()
        assert "more" not in sent_headers(server)["cookie"]


@both
def test_headers(kind: Kind) -> None:
    """Headers of the client, of its httpx client and of a copy go out with every attempt."""
    with (
        serving([answer()]) as server,
        Session(kind, base_url=server.url, headers={"X-Team": "a"}) as session,
    ):
        session.create()
        assert sent_headers(server)["x-team"] == "a"
        session.create(client=session.client.with_options(headers={"X-Other": "b"}))
        assert (sent_headers(server)["x-team"], sent_headers(server)["x-other"]) == ("a", "b")
        session.httpx.headers["X-Own"] = "c"
        session.create()
        assert sent_headers(server)["x-own"] == "c"
        assert "x-other" not in sent_headers(server)


@both
def test_copies_keep_hooks_and_connections(kind: Kind) -> None:
    """A copy has the hooks, shares the connection, and does not close it."""
    with (
        serving([answer(500), answer()], [answer()]) as server,
        Session(kind, base_url=server.url, retries=0) as session,
    ):
        hooks = Hooks(session)
        copy = session.client.with_options(retries=1)
        session.create(client=copy)
        assert (len(hooks.requests), len(hooks.responses)) == (1, 1)
        session.run(copy.aclose() if kind is AsyncClient else copy.close())
        session.create()
        assert len(hooks.requests) == 2


@both
@pytest.mark.parametrize("through", ["client", "httpx"])
def test_close_closes(kind: Kind, through: str) -> None:
    """The connection is gone for the server, and whatever is sent then is refused in words."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        session.create()
        http, copy = session.httpx, session.client.with_options(retries=0)
        if through == "client":
            session.close()
        else:
            session.run(http.aclose() if kind is AsyncClient else http.close())
        assert http.is_closed
        assert server.left.wait(10)
        for client in (session.client, copy):
            with pytest.raises(InvalidRequestError, match=r"nothing was sent.*closed"):
                session.create(client=client)
        session.close()
    assert len(server.heads) == 1


class TwoSteps(httpx.Auth):
    """Sends once more whatever is answered."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield request
        yield request


class Reading(TwoSteps):
    requires_response_body = True


@both
@pytest.mark.parametrize("auth", [httpx.DigestAuth("me", "word"), Reading()])
def test_auth_of_several_steps_is_refused(kind: Kind, auth: httpx.Auth) -> None:
    """An `auth=` that is known to need an answer is refused before anything is sent."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        session.httpx.auth = auth
        with pytest.raises(InvalidRequestError, match=r"nothing was sent.*auth="):
            session.create()
    assert server.heads == []


@both
def test_second_step_is_not_sent(kind: Kind) -> None:
    """An own `auth=` whose steps nobody can foresee never sends a batch twice."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        session.httpx.auth = TwoSteps()
        with pytest.raises(InvalidRequestError, match="auth="):
            session.create()
    assert len(server.heads) == 1


@both
def test_auth_of_one_step_works(kind: Kind) -> None:
    """A gateway's user and password go out beside the keys, and digest for one call is a 401."""
    challenge = 'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth"'
    with (
        serving([answer()], [answer(401, b"{}", challenge)]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        session.httpx.auth = ("me", "word")
        session.create()
        assert sent_headers(server)["authorization"].startswith("Basic ")
        assert sent_headers(server).keys() >= KEYS
        with pytest.raises(AuthenticationError):
            session.run(session.httpx.post(PATH, auth=httpx.DigestAuth("me", "word")))
    assert len(server.heads) == 2


@both
@pytest.mark.parametrize("way", ["url", "redirect", "base_url", "host"])
def test_another_origin_gets_nothing(kind: Kind, way: str) -> None:
    """Neither a request nor a key goes anywhere but to the base URL."""
    with (
        serving([answer()]) as other,
        serving([answer(307, b"", f"Location: {other.url}/")]) as own,
        Session(kind, base_url=own.url) as session,
    ):
        url = other.url if way == "url" else "/any"
        if way == "base_url":
            session.httpx.base_url = other.url
        if way == "host":
            url = own.url.replace("127.0.0.1", "localhost")
        with pytest.raises(AsappError, match="307" if way == "redirect" else "alone"):
            session.run(session.httpx.post(url, follow_redirects=True))
    assert other.heads == []
    assert len(own.heads) == (way == "redirect")


@both
def test_any_path_of_the_origin(kind: Kind) -> None:
    """Requests that a user makes of it have the keys, typed errors and a whole answer."""
    with (
        serving([answer(SUCCESS, b'{"a": "\xc3\xa9"}')], [answer(404)]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        response = session.run(session.httpx.get("/any", params={"q": "1"}))
        assert (response.json(), response.text) == ({"a": "é"}, '{"a": "é"}')
        assert not has_key(response.request)
        assert server.heads[0].startswith(b"GET /any?q=1 ")
        assert sent_headers(server).keys() >= KEYS
        with pytest.raises(NotFoundError):
            session.run(session.httpx.get("/any"))


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What OpenTelemetry writes while every httpx transport is instrumented."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    yield exporter
    HTTPXClientInstrumentor().uninstrument()
    provider.shutdown()


@both
def test_one_span_an_attempt(kind: Kind, spans: InMemorySpanExporter) -> None:
    """`instrument()` shows each attempt, and no key."""
    with (
        serving([answer(503)], [answer()]) as server,
        Session(kind, base_url=server.url) as session,
    ):
        session.create()
        finished = spans.get_finished_spans()
    assert len(finished) == 2
    assert not any(SECRET in span.to_json() for span in finished)
    assert b"\r\ntraceparent: " in server.heads[0].lower()
