"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, Generic, NoReturn, Self, TypeVar

import httpx
from asapp_conversations_client import Client as GeneratedClient

from . import published
from .addresses import Environment, resolve_base_url
from .auth import (
    AsyncCredentialsProvider,
    Credentials,
    CredentialsProvider,
    TaskCredentials,
    ThreadCredentials,
    choose_credentials,
)
from .clock import Clock
from .connections import AsyncConnections, Connections, Proxy
from .errors import InvalidRequestError, RequestFailedError
from .exchange import RECEIPT
from .options import KEEP, MAX_ANSWER_BYTES, MAX_WAIT, TOTAL_TIMEOUT, Settings, user_agent
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .progress import AnyMessage, Progress, Receipt, Stored
from .spec import message_batch_rules
from .transport import IN_DOUBT, AsappTransport, AsyncAsappTransport
from .uploading import Upload
from .validation import check_conversation_id

TransportT = TypeVar("TransportT", AsappTransport, AsyncAsappTransport)
HttpxT = TypeVar("HttpxT", httpx.Client, httpx.AsyncClient)


class _BaseClient(GeneratedClient, Generic[TransportT, HttpxT]):
    """What both clients share; a client to every generated operation."""

    _transport: TransportT
    _httpx: HttpxT

    def _set_up(self, transport: TransportT, client: HttpxT) -> None:
        settings = transport.settings
        super().__init__(base_url=str(settings.base_url), timeout=settings.timeout)
        self._transport = transport
        self._httpx = client

    @property
    def base_url(self) -> str:
        """Where it sends to."""
        return str(self._transport.settings.base_url)

    def _batch_url(self, conversation_id: str) -> httpx.URL:
        rules = message_batch_rules()
        path = rules.operation.path(**{rules.conversation_parameter: conversation_id})
        return httpx.URL(f"{self.base_url.rstrip('/')}{path}")

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
        headers: Mapping[str, str] = KEEP,
        rate: float | None = KEEP,
    ) -> Self:
        """A copy with other options that shares this client's connections and credentials.

        Hooks and cookies of this client go over to the copy. Closing the copy leaves the
        connections open. It paces its requests by itself if it changes `rate`, and together with
        this client if not.
        """
        old = self._transport
        settings = old.settings.with_overrides(timeout, retries, headers, rate)
        gate = old.gate
        if rate is not KEEP:
            if not isinstance(gate, (ThreadPacer, TaskPacer)):
                raise InvalidRequestError("rate= would switch off the gate of this client")
            gate = type(gate)(settings.rate, settings.clock)
        transport: Any = type(old)(settings, old.connections, old.credentials, gate, owner=False)
        client = _httpx_client(type(self._httpx), transport)
        client.event_hooks = self._httpx.event_hooks
        client.cookies = self._httpx.cookies
        copy = type(self).__new__(type(self))
        copy._set_up(transport, client)
        return copy

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
            httpx cannot bound for threads is a head of an answer that drips, or informational
            answers (1xx) without end; `AsyncClient` bounds these, too.
        retries: how many times a request is sent again; 0 means one attempt.
        max_wait: seconds; when ASAPP asks to wait longer, the request fails at once.
        total_timeout: seconds after which no further attempt begins, or None.
        rate: requests a second, evenly spaced, shared by all threads; None sends at once.
        gate: an own `asapp_conversations.toolkit.Gate`, asked before each attempt in the place
            of `rate`.
        headers: sent with every request.
        max_answer_bytes: what is read of an answer; a longer one does not count as a success.
        proxy: a proxy's URL; by default the one that the environment names, if any. There is
            never one on the way to this machine itself.
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
        timeout: float | httpx.Timeout = 30.0,
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
        settings = Settings(
            base_url=resolve_base_url(base_url, environment, allow_http=allow_http),
            timeout=timeout,
            retries=retries,
            max_wait=max_wait,
            total_timeout=total_timeout,
            rate=rate,
            headers=headers,
            max_answer_bytes=max_answer_bytes,
            clock=clock or Clock(),
        )
        _check_one_pace(rate, gate)
        stack = AsappTransport(
            settings,
            Connections(settings.base_url, transport, proxy),
            ThreadCredentials(source),
            gate or ThreadPacer(rate, settings.clock),
        )
        self._set_up(stack, _httpx_client(httpx.Client, stack))

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
        upload = Upload.prepare(
            conversation_id,
            messages,
            max_body_bytes=max_body_bytes,
            conflict_is_stored=conflict_is_stored,
        )
        url = self._batch_url(conversation_id)
        with upload.reporting():
            for batch in upload:
                try:
                    receipt = self._send(url, batch.body, in_doubt=upload.batch_in_doubt)
                except RequestFailedError as error:
                    if not upload.recovers_from(error):
                        raise
                else:
                    upload.accept(receipt)
        return upload.result()

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
        _check_conversation(conversation_id)
        return self._send(self._batch_url(conversation_id), body, in_doubt=in_doubt)

    def _send(self, url: httpx.URL, body: bytes, *, in_doubt: bool) -> Receipt:
        response = self._usable().request(**_batch_request(url, body, in_doubt))
        receipt: Receipt = response.extensions[RECEIPT]
        return receipt

    def get_httpx_client(self) -> httpx.Client:
        """The httpx client that carries every request of this client.

        Its hooks and tracers see each call once, and never the keys. A call that fails raises
        `AsappError`, and is not shown to hooks for responses.
        """
        return self._usable()

    def get_async_httpx_client(self) -> NoReturn:
        raise TypeError("Client is for threads: use AsyncClient with asyncio functions")

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:
        raise TypeError("give transport= to Client instead")

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
        timeout: float | httpx.Timeout = 30.0,
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
        settings = Settings(
            base_url=resolve_base_url(base_url, environment, allow_http=allow_http),
            timeout=timeout,
            retries=retries,
            max_wait=max_wait,
            total_timeout=total_timeout,
            rate=rate,
            headers=headers,
            max_answer_bytes=max_answer_bytes,
            clock=clock or Clock(),
        )
        _check_one_pace(rate, gate)
        stack = AsyncAsappTransport(
            settings,
            AsyncConnections(settings.base_url, transport, proxy),
            TaskCredentials(source),
            gate or TaskPacer(rate, settings.clock),
        )
        self._set_up(stack, _httpx_client(httpx.AsyncClient, stack))

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
        upload = Upload.prepare(
            conversation_id,
            messages,
            max_body_bytes=max_body_bytes,
            conflict_is_stored=conflict_is_stored,
        )
        url = self._batch_url(conversation_id)
        with upload.reporting():
            for batch in upload:
                try:
                    receipt = await self._send(url, batch.body, in_doubt=upload.batch_in_doubt)
                except RequestFailedError as error:
                    if not upload.recovers_from(error):
                        raise
                else:
                    upload.accept(receipt)
        return upload.result()

    async def send_batch(
        self, conversation_id: str, body: bytes, *, in_doubt: bool = False
    ) -> Receipt:
        """Send one ready request body; see `Client.send_batch`."""
        _check_conversation(conversation_id)
        return await self._send(self._batch_url(conversation_id), body, in_doubt=in_doubt)

    async def _send(self, url: httpx.URL, body: bytes, *, in_doubt: bool) -> Receipt:
        response = await self._usable().request(**_batch_request(url, body, in_doubt))
        receipt: Receipt = response.extensions[RECEIPT]
        return receipt

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx client that carries every request; see `Client.get_httpx_client`."""
        return self._usable()

    def get_httpx_client(self) -> NoReturn:
        raise TypeError("AsyncClient is for tasks: use Client with sync functions")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:
        raise TypeError("give transport= to AsyncClient instead")

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        await self._httpx.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        await self.aclose()


def _httpx_client(kind: type[HttpxT], transport: Any) -> HttpxT:
    settings: Settings = transport.settings
    client = kind(
        base_url=settings.base_url, timeout=settings.timeout, transport=transport, trust_env=False
    )
    client.headers["User-Agent"] = user_agent()
    # A compressed answer may unpack to any size, and ASAPP's are too short to be worth it.
    client.headers["Accept-Encoding"] = "identity"
    client.headers.update(settings.headers)
    return client


def _check_one_pace(rate: float | None, gate: object) -> None:
    """Refuse a rate that would be ignored; nobody can tell the default from the same number."""
    if gate is not None and rate != published.REQUESTS_PER_SECOND:
        raise InvalidRequestError("give either gate or rate, not both")


def _check_conversation(conversation_id: str) -> None:
    if problems := check_conversation_id(conversation_id):
        raise InvalidRequestError("nothing was sent", problems)


def _batch_request(url: httpx.URL, body: bytes, in_doubt: bool) -> dict[str, Any]:
    return {
        "method": message_batch_rules().operation.method.upper(),
        "url": url,
        "content": body,
        "headers": {"Content-Type": "application/json"},
        "extensions": {IN_DOUBT: in_doubt},
    }
