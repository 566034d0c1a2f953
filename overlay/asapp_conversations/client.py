"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Generic, NoReturn, Self, TypeVar, cast
from urllib.parse import quote

import httpx
from asapp_conversations_client import Client as GeneratedClient
from asapp_conversations_client.facts import BATCH, DOCUMENT_VERSION
from attrs import evolve

from . import published
from ._version import __version__
from .addresses import Environment, resolve_base_url
from .auth import AsyncCredentialsProvider, Credentials, CredentialsProvider, choose_credentials
from .clock import Clock
from .errors import InvalidRequestError, RequestFailedError
from .exchange import RECEIPT
from .options import (
    KEEP,
    MAX_ANSWER_BYTES,
    MAX_WAIT,
    TIMEOUT,
    TOTAL_TIMEOUT,
    Settings,
    to_headers,
)
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .progress import AnyMessage, Progress, Receipt, Stored
from .session import AsyncSession, Proxy, Session, open_transport
from .steps import Steps, run, run_async
from .transport import IN_DOUBT, AsappTransport, AsyncAsappTransport
from .uploading import Upload
from .validation import demand_conversation_id

USER_AGENT: Final = (
    f"asapp-conversations/{__version__} (document {DOCUMENT_VERSION}) "
    f"httpx/{httpx.__version__} python/{platform.python_version()}"
)

TransportT = TypeVar("TransportT", AsappTransport, AsyncAsappTransport)
HttpxT = TypeVar("HttpxT", httpx.Client, httpx.AsyncClient)
GateT = TypeVar("GateT")


class _BaseClient(GeneratedClient, Generic[TransportT, HttpxT]):
    """What both clients share; a client to every generated operation."""

    _transport: TransportT
    _httpx: HttpxT

    def _set_up(
        self, kind: type[HttpxT], transport: TransportT, headers: Mapping[str, str] | None
    ) -> None:
        settings = transport.settings
        super().__init__(base_url=str(settings.base_url), timeout=settings.timeout)
        self._transport = transport
        # A compressed answer may unpack to any size, and ASAPP's are too short to be worth it.
        sent = httpx.Headers({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        sent.update(to_headers(headers))
        stack: Any = transport
        self._httpx = kind(
            base_url=settings.base_url, headers=sent, timeout=settings.timeout, transport=stack
        )

    @property
    def base_url(self) -> str:
        """Where it sends to."""
        return str(self._transport.settings.base_url)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """A copy with more headers; `with_options(headers=…)`."""
        return self.with_options(headers=headers)

    def with_timeout(self, timeout: float | httpx.Timeout) -> Self:
        """A copy with another timeout; `with_options(timeout=…)`."""
        return self.with_options(timeout=timeout)

    def with_cookies(self, cookies: Mapping[str, str]) -> Self:
        """A copy that sends these cookies, too."""
        copy = self.with_options()
        copy._httpx.cookies.update(dict(cookies))
        return copy

    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout = KEEP,
        retries: int = KEEP,
        headers: Mapping[str, str] | None = None,
        rate: float | None = KEEP,
    ) -> Self:
        """A copy with other options that shares this client's connections and credentials.

        What was set on its httpx client, such as hooks and cookies, goes over to the copy, and
        `headers` are added to those that there are. Closing the copy leaves the connections open.
        It paces its requests by itself if it changes `rate`, and together with this client if not.
        """
        old = self._transport
        given = {"timeout": timeout, "retries": retries, "rate": rate}
        changes: dict[str, Any] = {name: it for name, it in given.items() if it is not KEEP}
        settings, gate = evolve(old.settings, **changes), cast("Any", old.gate)
        if rate is not KEEP:
            if not isinstance(gate, (ThreadPacer, TaskPacer)):
                raise InvalidRequestError("rate= would switch off the gate of this client")
            gate = type(gate)(settings.rate, settings.clock)
        copy = type(self).__new__(type(self))
        session: Any = old.session
        kept = self._httpx.headers.copy()
        kept.update(to_headers(headers))
        copy._set_up(type(self._httpx), type(old)(settings, session, gate, owner=False), kept)
        for name in ("auth", "cookies", "event_hooks", "params"):
            setattr(copy._httpx, name, getattr(self._httpx, name))
        return copy

    def _usable(self) -> HttpxT:
        """The httpx client, if a request can go through it."""
        if self._httpx.is_closed:
            raise InvalidRequestError("nothing was sent: the client is closed")
        auth = self._httpx.auth
        if isinstance(auth, httpx.DigestAuth) or (auth and auth.requires_response_body):
            raise InvalidRequestError(
                "nothing was sent: an auth= of several steps would send a request again; give "
                "credentials= to the client instead"
            )
        return self._httpx

    def _creating(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | Progress,
        conflict_is_stored: bool,
        max_body_bytes: int,
    ) -> Steps[Stored]:
        upload = Upload(conversation_id, messages, max_body_bytes, conflict_is_stored)
        with upload.reporting():
            for batch in upload:
                try:
                    receipt = yield from self._sending(
                        conversation_id, batch.body, upload.batch_in_doubt
                    )
                except RequestFailedError as error:
                    if not upload.recovers_from(error):
                        raise
                else:
                    upload.accept(receipt)
        return upload.result()

    def _sending(self, conversation_id: str, body: bytes, in_doubt: bool) -> Steps[Receipt]:
        operation = BATCH.operation
        parameter = {BATCH.conversation_parameter: quote(conversation_id, safe="")}
        response = yield partial(
            self._usable().request,
            operation.method,
            httpx.URL(self.base_url.rstrip("/") + operation.path.format_map(parameter)),
            content=body,
            headers={"Content-Type": "application/json"},
            extensions={IN_DOUBT: in_doubt},
        )
        receipt: Receipt = response.extensions[RECEIPT]
        return receipt

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __repr__(self) -> str:
        # A client whose constructor failed has no base URL, and may still be shown.
        return f"{type(self).__name__}(base_url={getattr(self, '_base_url', None)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds connections and keys, and is neither pickled nor "
            "copied: make one where it is needed, or use with_options()"
        )


# Python names the function's class where it refuses an argument, and people know Client.
_BaseClient.with_options.__qualname__ = "Client.with_options"


def _refused(words: str) -> Any:
    """A method that refuses to be called, with these words."""

    def refuse(*_: object) -> NoReturn:
        raise TypeError(words)

    return refuse


def _only(gate: GateT, rate: float | None) -> GateT:
    """The gate, if no rate but the default would be ignored beside it."""
    if gate is not None and rate != published.REQUESTS_PER_SECOND:
        raise InvalidRequestError("give either gate or rate, not both")
    return gate


class Client(_BaseClient[AsappTransport, httpx.Client]):
    """A client for threads.

    Args:
        api_id: the API id; `ASAPP_API_ID` by default.
        api_secret: the API secret; `ASAPP_API_SECRET` by default.
        credentials: both in one, or a callable that returns them; it is asked when they are
            first needed, and once again when they are refused.
        environment: ASAPP's `"sandbox"` or `"production"`; `ASAPP_ENVIRONMENT` by default, or
            else the sandbox.
        base_url: another address, in the place of `environment`; `ASAPP_BASE_URL` by default.
        timeout: seconds for each attempt by the wall clock, of which at most 5 to connect. What
            httpx cannot bound for threads is an answer whose head, or the head of one of its
            chunks, drips, and informational answers (1xx) without end; `AsyncClient` bounds
            these, too.
        retries: how many times a request is sent again; 0 means one attempt.
        max_wait: seconds; when ASAPP asks to wait longer, the request fails at once.
        total_timeout: seconds after which no further attempt begins, or None.
        rate: requests a second, evenly spaced, shared by all threads; None sends at once.
        gate: an own `asapp_conversations.toolkit.Gate`, asked before each attempt in the place
            of `rate`.
        headers: sent with every request.
        max_answer_bytes: what is read of an answer; a longer one does not count as a success.
        proxy: a proxy's URL; by default the one that the environment names, if any, but never on
            the way to this machine itself.
        transport: an httpx transport in the place of httpx's own, for everything that concerns
            the connections; it is not given the environment's proxies.
        allow_http: allow a base URL that is neither https nor on this machine.
        clock: where the time comes from, for tests.

    Raises:
        InvalidRequestError: an option cannot work, or the keys are missing.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | CredentialsProvider | None = None,
        environment: Environment | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: int = published.RETRIES,
        max_wait: float = MAX_WAIT,
        total_timeout: float | None = TOTAL_TIMEOUT,
        rate: float | None = published.REQUESTS_PER_SECOND,
        gate: Gate | None = None,
        headers: Mapping[str, str] | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        proxy: Proxy | None = None,
        transport: httpx.BaseTransport | None = None,
        allow_http: bool = False,
        clock: Clock | None = None,
    ) -> None:
        try:
            source = choose_credentials(api_id, api_secret, credentials)
        finally:
            del api_secret  # no frame that an error passes through holds it
        url = resolve_base_url(base_url, environment, allow_http=allow_http)
        settings = Settings(
            url, timeout, retries, max_wait, total_timeout, rate, max_answer_bytes, clock or Clock()
        )
        session = Session(open_transport(httpx.HTTPTransport, url, transport, proxy), source)
        gate = _only(gate, rate) or ThreadPacer(rate, settings.clock)
        self._set_up(httpx.Client, AsappTransport(settings, session, gate), headers)

    def create_messages(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | Progress,
        *,
        conflict_is_stored: bool = True,
        max_body_bytes: int = published.MAX_BODY_BYTES,
    ) -> Stored:
        """Add messages to a conversation, in order, in as few requests as possible.

        Calling it again with the same messages is safe: ASAPP answers 409 to a batch that it
        holds.

        Args:
            conversation_id: the conversation, which must exist.
            messages: any number of models, of mappings in the API's JSON form, or both; all are
                checked before the first is sent. Or `error.progress` of a call that failed, to go
                on from there.
            conflict_is_stored: count a batch that ASAPP holds already; False raises
                `ConflictError`.
            max_body_bytes: no request body is larger.

        Raises:
            InvalidRequestError: what was handed in cannot be sent; `problems` names every index
                and field.
            AsappError: what ended it; `progress` says what is stored, unknown and remaining.

        Whatever else ends it (Ctrl-C, a cancellation, an error of a credentials provider) comes
        out as it is, with the same `progress` as an attribute, and its counts in a note.
        """
        return run(self._creating(conversation_id, messages, conflict_is_stored, max_body_bytes))

    def send_batch(self, conversation_id: str, body: bytes, *, in_doubt: bool = False) -> Receipt:
        """Send one ready request body, and as often as the retries allow; `create_messages` cuts.

        Args:
            conversation_id: the conversation, which must exist.
            body: the JSON of the document's message batch, sent as it is.
            in_doubt: whether an earlier call with this body ended with its outcome unknown.

        Raises:
            InvalidRequestError: the id is not one that the document allows; nothing was sent.
            AsappError: it is not stored, or `outcome_unknown` says that it may be.
        """
        demand_conversation_id(conversation_id)
        return run(self._sending(conversation_id, body, in_doubt))

    def get_httpx_client(self) -> httpx.Client:
        """The httpx client that carries every request of this client.

        Its hooks and tracers see each call once, and never the keys. A call that fails raises
        `AsappError`, and is not shown to hooks for responses.
        """
        return self._usable()

    get_async_httpx_client = _refused(
        "Client is for threads: use AsyncClient for asyncio functions"
    )
    set_httpx_client = set_async_httpx_client = _refused("give transport= to Client instead")

    def close(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        self._httpx.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        self.close()


class AsyncClient(_BaseClient[AsyncAsappTransport, httpx.AsyncClient]):
    """A client for the tasks of one event loop; arguments as for `Client`.

    `credentials` may also be an async callable; `transport` and `gate` are async ones.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | AsyncCredentialsProvider | None = None,
        environment: Environment | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: int = published.RETRIES,
        max_wait: float = MAX_WAIT,
        total_timeout: float | None = TOTAL_TIMEOUT,
        rate: float | None = published.REQUESTS_PER_SECOND,
        gate: AsyncGate | None = None,
        headers: Mapping[str, str] | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        proxy: Proxy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_http: bool = False,
        clock: Clock | None = None,
    ) -> None:
        try:
            source = choose_credentials(api_id, api_secret, credentials)
        finally:
            del api_secret  # no frame that an error passes through holds it
        url = resolve_base_url(base_url, environment, allow_http=allow_http)
        settings = Settings(
            url, timeout, retries, max_wait, total_timeout, rate, max_answer_bytes, clock or Clock()
        )
        opened = open_transport(httpx.AsyncHTTPTransport, url, transport, proxy)
        gate = _only(gate, rate) or TaskPacer(rate, settings.clock)
        stack = AsyncAsappTransport(settings, AsyncSession(opened, source), gate)
        self._set_up(httpx.AsyncClient, stack, headers)

    async def create_messages(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | AsyncIterable[AnyMessage] | Progress,
        *,
        conflict_is_stored: bool = True,
        max_body_bytes: int = published.MAX_BODY_BYTES,
    ) -> Stored:
        """Add messages to a conversation; see `Client.create_messages`."""
        if isinstance(messages, AsyncIterable):
            messages = [message async for message in messages]
        return await run_async(
            self._creating(conversation_id, messages, conflict_is_stored, max_body_bytes)
        )

    async def send_batch(
        self, conversation_id: str, body: bytes, *, in_doubt: bool = False
    ) -> Receipt:
        """Send one ready request body; see `Client.send_batch`."""
        demand_conversation_id(conversation_id)
        return await run_async(self._sending(conversation_id, body, in_doubt))

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx client that carries every request; see `Client.get_httpx_client`."""
        return self._usable()

    get_httpx_client = _refused("AsyncClient is for tasks: use Client for sync functions")
    set_httpx_client = set_async_httpx_client = _refused("give transport= to AsyncClient instead")

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        await self._httpx.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        await self.aclose()
