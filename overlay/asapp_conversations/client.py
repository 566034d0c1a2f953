"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

import os
import platform
import ssl
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, NoReturn, Self, TypedDict, Unpack

import httpx
from asapp_conversations_client import Client as GeneratedClient
from asapp_conversations_client.models import Message
from attrs import evolve, frozen

from . import published
from ._version import __version__
from .auth import (
    AsyncCredentialsProvider,
    Credentials,
    CredentialsProvider,
    TaskCredentials,
    ThreadCredentials,
    check_base_url,
    read_keys,
)
from .batching import Receipt, Stored, deliver, encode_messages
from .clock import Clock
from .errors import InvalidRequestError, RequestFailedError
from .exchange import ALREADY_STORED, ATTEMPTS, REQUEST_IDS
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .retry import RetryPolicy
from .spec import load_document, message_batch_rules
from .transport import AsyncSession, Session, Settings
from .validation import check_conversation_id

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)

USER_AGENT = (
    f"asapp-conversations/{__version__} (document {load_document().version}) "
    f"httpx/{httpx.__version__} python/{platform.python_version()}"
)


class ConnectionOptions(TypedDict, total=False):
    """What goes to httpx as it is; see httpx.Client."""

    verify: ssl.SSLContext | str | bool
    cert: str | tuple[str, str] | tuple[str, str, str] | None
    http1: bool
    http2: bool
    proxy: httpx.Proxy | httpx.URL | str | None
    limits: httpx.Limits
    trust_env: bool


class Overrides(TypedDict, total=False):
    """What `with_options` changes in a copy."""

    timeout: float | httpx.Timeout
    retries: int
    headers: Mapping[str, str]
    rate: float | None


@frozen
class _Options:
    """A client's settings as they were handed in."""

    base_url: str | None
    timeout: float | httpx.Timeout
    retries: int
    max_wait: float
    total_timeout: float | None
    rate: float | None
    headers: Mapping[str, str]
    allow_http: bool
    clock: Clock

    def settings(self) -> Settings:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise InvalidRequestError("retries must be 0 (one attempt) or more")
        if self.rate is not None and not self.rate > 0:
            raise InvalidRequestError("rate must be above 0 requests a second, or None")
        base_url = self.base_url or os.environ.get("ASAPP_BASE_URL") or load_document().server_url
        timeout = self.timeout
        if timeout is None:
            raise InvalidRequestError("timeout must be set: without one a request may hang")
        return Settings(
            base_url=check_base_url(base_url, allow_http=self.allow_http),
            headers={"User-Agent": USER_AGENT, **self.headers},
            timeout=timeout if isinstance(timeout, httpx.Timeout) else httpx.Timeout(timeout),
            policy=RetryPolicy(self.retries, self.max_wait, self.total_timeout),
            clock=self.clock,
        )

    def with_overrides(self, overrides: Overrides) -> _Options:
        changes: dict[str, Any] = {**overrides}
        changes["headers"] = {**self.headers, **overrides.get("headers", {})}
        return evolve(self, **changes)


class _BaseClient(GeneratedClient):
    """What both clients share; a client to every generated operation."""

    def _configure(self, options: _Options) -> Settings:
        settings = options.settings()
        super().__init__(base_url=str(settings.base_url), timeout=settings.timeout)
        self._options = options
        return settings

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __repr__(self) -> str:
        # A client whose constructor failed has no base URL, and may still be shown.
        return f"{type(self).__name__}(base_url={getattr(self, '_base_url', None)!r})"

    def with_headers(self, headers: dict[str, str]) -> Self:
        """A copy with more headers; `with_options(headers=…)`."""
        return self.with_options(headers=headers)

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """A copy with another timeout; `with_options(timeout=…)`."""
        return self.with_options(timeout=timeout)

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """A copy that sends these cookies."""
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return self.with_options(headers={"Cookie": pairs})

    def with_options(self, **overrides: Unpack[Overrides]) -> Self:
        """A copy with other options that shares this client's connections and credentials.

        Closing the copy leaves the connections open. A copy paces its requests by itself if it
        changes `rate`, and together with this client if not.
        """
        raise NotImplementedError


class Client(_BaseClient):
    """A client for threads.

    Args:
        api_id: the API id; `ASAPP_API_ID` by default.
        api_secret: the API secret; `ASAPP_API_SECRET` by default.
        credentials: both in one, or a callable that returns them; it is asked when they are
            first needed, and once again when they are refused.
        base_url: `ASAPP_BASE_URL` or the document's server by default.
        timeout: seconds for each attempt, or an `httpx.Timeout`.
        retries: how many times a request is sent again; 0 means one attempt.
        max_wait: seconds; when ASAPP asks to wait longer, the request fails at once.
        total_timeout: seconds after which no further attempt is begun, or None.
        rate: requests a second, evenly spaced, shared by all threads; None sends at once.
        gate: an own `asapp_conversations.pacing.Gate`, asked before each attempt; replaces `rate`.
        headers: sent with every request.
        allow_http: allow a base URL that is neither https nor on this machine.
        transport: an httpx transport that replaces httpx's own and every connection option.
        clock: where the time comes from, for tests.
        connection: `verify`, `cert`, `http1`, `http2`, `proxy`, `limits`, `trust_env`, as httpx
            takes them; proxies come from the environment by default.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | CredentialsProvider | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: int = published.RETRIES,
        max_wait: float = 60.0,
        total_timeout: float | None = 120.0,
        rate: float | None = published.REQUESTS_PER_SECOND,
        headers: Mapping[str, str] | None = None,
        allow_http: bool = False,
        gate: Gate | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        source = read_keys(api_id, api_secret) if credentials is None else credentials
        two_sources = credentials is not None and (api_id is not None or api_secret is not None)
        del api_secret  # no frame that an error passes through holds it
        if two_sources:
            raise InvalidRequestError("give either credentials or api_id and api_secret, not both")
        if isinstance(source, InvalidRequestError):
            raise source
        clock = clock or Clock()
        options = _Options(
            base_url=base_url,
            timeout=timeout,
            retries=retries,
            max_wait=max_wait,
            total_timeout=total_timeout,
            rate=rate,
            headers=headers or {},
            allow_http=allow_http,
            clock=clock,
        )
        settings = self._configure(options)
        _check_connection(transport, connection)
        self._credentials = ThreadCredentials(source)
        self._gate = gate or ThreadPacer(rate, clock)
        self._pool = httpx.Client(transport=transport, **connection)
        self._owns_pool = True
        self._session = Session(settings, self._pool, self._credentials, self._gate)

    def with_options(self, **overrides: Unpack[Overrides]) -> Self:
        copy = type(self).__new__(type(self))
        settings = copy._configure(self._options.with_overrides(overrides))
        copy._credentials = self._credentials
        paced_apart = "rate" in overrides
        copy._gate = ThreadPacer(overrides["rate"], settings.clock) if paced_apart else self._gate
        copy._pool = self._pool
        copy._owns_pool = False
        copy._session = Session(settings, self._pool, self._credentials, copy._gate)
        return copy

    def create_messages(
        self,
        conversation_id: str,
        messages: Iterable[Message],
        *,
        unknown: Iterable[Message] = (),
        conflict_is_stored: bool = False,
        max_body_bytes: int = published.MAX_BODY_BYTES,
    ) -> Stored:
        """Add messages to a conversation, in order, in as few requests as possible.

        Args:
            conversation_id: the conversation, which must exist.
            messages: any number of them; all are validated before the first is sent.
            unknown: `error.progress.unknown` of a call that failed: sent first, as the very same
                batch, so that ASAPP can tell whether it holds it.
            conflict_is_stored: count a batch that ASAPP holds already instead of raising.
            max_body_bytes: no request body is larger.

        Raises:
            InvalidRequestError: nothing was sent; `problems` names every index and field.
            AsappError: what ended it; `progress` says what is stored, unknown and remaining.
        """
        encoded = encode_messages(conversation_id, messages, unknown)
        delivery = deliver(encoded, max_bytes=max_body_bytes, conflict_is_stored=conflict_is_stored)
        try:
            batch = next(delivery)
            while True:
                try:
                    outcome: Receipt | RequestFailedError
                    outcome = self.send_batch(conversation_id, batch.body)
                except RequestFailedError as error:
                    outcome = error
                batch = delivery.send(outcome)
        except StopIteration as stop:
            stored: Stored = stop.value
            return stored

    def send_batch(self, conversation_id: str, body: bytes) -> Receipt:
        """Send one ready request body, and as often as the retries allow; `create_messages` cuts.

        Args:
            conversation_id: the conversation, which must exist.
            body: the JSON of the document's message batch, sent as it is.

        Raises:
            InvalidRequestError: the id is not one that the document allows; nothing was sent.
            AsappError: it is not stored, or `outcome_unknown` says that it may be.
        """
        return _receipt(self._session.request(**_batch_request(conversation_id, body)))

    def get_httpx_client(self) -> httpx.Client:
        """The httpx client that carries every request of this client."""
        return self._session

    def get_async_httpx_client(self) -> NoReturn:
        raise TypeError("Client is for threads: use AsyncClient with asyncio functions")

    def set_httpx_client(self, client: httpx.Client) -> NoReturn:
        raise TypeError("give transport= or connection options to Client instead")

    def close(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        if self._owns_pool:
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        self.close()


class AsyncClient(_BaseClient):
    """A client for tasks; arguments as for `Client`.

    `credentials` may also be an async callable; `transport` and `gate` are async ones.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | AsyncCredentialsProvider | None = None,
        base_url: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: int = published.RETRIES,
        max_wait: float = 60.0,
        total_timeout: float | None = 120.0,
        rate: float | None = published.REQUESTS_PER_SECOND,
        headers: Mapping[str, str] | None = None,
        allow_http: bool = False,
        gate: AsyncGate | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        source = read_keys(api_id, api_secret) if credentials is None else credentials
        two_sources = credentials is not None and (api_id is not None or api_secret is not None)
        del api_secret  # no frame that an error passes through holds it
        if two_sources:
            raise InvalidRequestError("give either credentials or api_id and api_secret, not both")
        if isinstance(source, InvalidRequestError):
            raise source
        clock = clock or Clock()
        options = _Options(
            base_url=base_url,
            timeout=timeout,
            retries=retries,
            max_wait=max_wait,
            total_timeout=total_timeout,
            rate=rate,
            headers=headers or {},
            allow_http=allow_http,
            clock=clock,
        )
        settings = self._configure(options)
        _check_connection(transport, connection)
        self._credentials = TaskCredentials(source)
        self._gate = gate or TaskPacer(rate, clock)
        self._pool = httpx.AsyncClient(transport=transport, **connection)
        self._owns_pool = True
        self._session = AsyncSession(settings, self._pool, self._credentials, self._gate)

    def with_options(self, **overrides: Unpack[Overrides]) -> Self:
        copy = type(self).__new__(type(self))
        settings = copy._configure(self._options.with_overrides(overrides))
        copy._credentials = self._credentials
        paced_apart = "rate" in overrides
        copy._gate = TaskPacer(overrides["rate"], settings.clock) if paced_apart else self._gate
        copy._pool = self._pool
        copy._owns_pool = False
        copy._session = AsyncSession(settings, self._pool, self._credentials, copy._gate)
        return copy

    async def create_messages(
        self,
        conversation_id: str,
        messages: Iterable[Message] | AsyncIterable[Message],
        *,
        unknown: Iterable[Message] = (),
        conflict_is_stored: bool = False,
        max_body_bytes: int = published.MAX_BODY_BYTES,
    ) -> Stored:
        """Add messages to a conversation; see `Client.create_messages`."""
        if isinstance(messages, AsyncIterable):
            messages = [message async for message in messages]
        encoded = encode_messages(conversation_id, messages, unknown)
        delivery = deliver(encoded, max_bytes=max_body_bytes, conflict_is_stored=conflict_is_stored)
        try:
            batch = next(delivery)
            while True:
                try:
                    outcome: Receipt | RequestFailedError
                    outcome = await self.send_batch(conversation_id, batch.body)
                except RequestFailedError as error:
                    outcome = error
                batch = delivery.send(outcome)
        except StopIteration as stop:
            stored: Stored = stop.value
            return stored

    async def send_batch(self, conversation_id: str, body: bytes) -> Receipt:
        """Send one ready request body; see `Client.send_batch`."""
        return _receipt(await self._session.request(**_batch_request(conversation_id, body)))

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx client that carries every request of this client."""
        return self._session

    def get_httpx_client(self) -> NoReturn:
        raise TypeError("AsyncClient is for tasks: use Client with sync functions")

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> NoReturn:
        raise TypeError("give transport= or connection options to AsyncClient instead")

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        if self._owns_pool:
            await self._pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        await self.aclose()


def _check_connection(transport: object, connection: ConnectionOptions) -> None:
    if transport is not None and connection:
        ignored = ", ".join(sorted(connection))
        raise InvalidRequestError(f"transport= would ignore {ignored}: give them to it instead")


def _batch_request(conversation_id: str, body: bytes) -> dict[str, Any]:
    if problems := check_conversation_id(conversation_id):
        raise InvalidRequestError("nothing was sent", problems)
    rules = message_batch_rules()
    path = rules.operation.path(**{rules.conversation_parameter: conversation_id})
    return {
        "method": rules.operation.method.upper(),
        "url": path,
        "content": body,
        "headers": {"Content-Type": "application/json"},
    }


def _receipt(response: httpx.Response) -> Receipt:
    return Receipt(
        attempts=response.extensions[ATTEMPTS],
        request_ids=response.extensions[REQUEST_IDS],
        confirmed_by_conflict=response.extensions.get(ALREADY_STORED, False),
    )
