"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Any, Generic, NoReturn, Self, TypeVar, Unpack

import httpx
from asapp_conversations_client import Client as GeneratedClient
from asapp_conversations_client.models import Message

from . import published
from .auth import (
    AsyncCredentialsProvider,
    Credentials,
    CredentialsProvider,
    TaskCredentials,
    ThreadCredentials,
    choose_source,
)
from .batching import Delivery, Receipt, Stored, encode_messages
from .errors import InvalidRequestError, RequestFailedError
from .exchange import ALREADY_STORED, ATTEMPTS, REQUEST_IDS
from .options import ClientOptions, ConnectionOptions, Overrides, split
from .pacing import AsyncGate, Gate
from .spec import message_batch_rules
from .transport import AsyncSession, Session
from .validation import check_conversation_id

SessionT = TypeVar("SessionT", Session, AsyncSession)


class _BaseClient(GeneratedClient, Generic[SessionT]):
    """What both clients share; a client to every generated operation."""

    def _set_up(self, session: SessionT, *, owns_connections: bool) -> None:
        settings = session.settings
        super().__init__(base_url=str(settings.base_url), timeout=settings.timeout)
        self._session: SessionT = session
        self._owns_connections = owns_connections

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
        copy = type(self).__new__(type(self))
        copy._set_up(self._session.derive(overrides), owns_connections=False)
        return copy


class Client(_BaseClient[Session]):
    """A client for threads.

    Args:
        api_id: the API id; `ASAPP_API_ID` by default.
        api_secret: the API secret; `ASAPP_API_SECRET` by default.
        credentials: both in one, or a callable that returns them; it is asked when they are
            first needed, and once again when they are refused.
        gate: an own `asapp_conversations.pacing.Gate`, asked before each attempt; replaces `rate`.
        transport: an httpx transport that replaces httpx's own and every connection option.
        base_url: `ASAPP_BASE_URL` or the document's server by default.
        timeout: seconds for each attempt, or an `httpx.Timeout`; 30 by default, 5 to connect.
        retries: how many times a request is sent again, 3 by default; 0 means one attempt.
        max_wait: seconds, 60 by default; when ASAPP asks to wait longer, the request fails at once.
        total_timeout: seconds, 120 by default, after which no further attempt begins, or None.
        rate: requests a second, evenly spaced, shared by all threads, 100 by default; None sends
            at once.
        headers: sent with every request.
        allow_http: allow a base URL that is neither https nor on this machine.
        clock: where the time comes from, for tests.
        verify, cert, http1, http2, proxy, limits, trust_env: as httpx takes them; proxies come
            from the environment by default.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | CredentialsProvider | None = None,
        gate: Gate | None = None,
        transport: httpx.BaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        source = choose_source(api_id, api_secret, credentials)
        del api_secret  # no frame that an error passes through holds it
        if isinstance(source, InvalidRequestError):
            raise source
        _check_together(gate, transport, options)
        settings, connection = split(options)
        pool = httpx.Client(transport=transport, **connection)
        session = Session(settings, pool, ThreadCredentials(source), gate)
        self._set_up(session, owns_connections=True)

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

        Whatever else ends it (Ctrl-C, a cancellation, an error of a credentials provider) comes
        out as it is, with the same `progress` as an attribute, and its counts in a note.
        """
        encoded = encode_messages(conversation_id, messages, unknown)
        delivery = Delivery(encoded, max_body_bytes, conflict_is_stored)
        with delivery.reporting():
            for batch in delivery:
                delivery.settle(batch, self._outcome(conversation_id, batch.body))
        return delivery.result()

    def _outcome(self, conversation_id: str, body: bytes) -> Receipt | RequestFailedError:
        try:
            return self.send_batch(conversation_id, body)
        except RequestFailedError as error:
            return error

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
        if self._owns_connections:
            self._session.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        self.close()


class AsyncClient(_BaseClient[AsyncSession]):
    """A client for tasks; arguments as for `Client`.

    `credentials` may also be an async callable; `transport` and `gate` are async ones.
    """

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | AsyncCredentialsProvider | None = None,
        gate: AsyncGate | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        source = choose_source(api_id, api_secret, credentials)
        del api_secret  # no frame that an error passes through holds it
        if isinstance(source, InvalidRequestError):
            raise source
        _check_together(gate, transport, options)
        settings, connection = split(options)
        pool = httpx.AsyncClient(transport=transport, **connection)
        session = AsyncSession(settings, pool, TaskCredentials(source), gate)
        self._set_up(session, owns_connections=True)

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
        delivery = Delivery(encoded, max_body_bytes, conflict_is_stored)
        with delivery.reporting():
            for batch in delivery:
                delivery.settle(batch, await self._outcome(conversation_id, batch.body))
        return delivery.result()

    async def _outcome(self, conversation_id: str, body: bytes) -> Receipt | RequestFailedError:
        try:
            return await self.send_batch(conversation_id, body)
        except RequestFailedError as error:
            return error

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
        if self._owns_connections:
            await self._session.close_connections()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        await self.aclose()


def _check_together(gate: object, transport: object, options: ClientOptions) -> None:
    """Refuse what would silently be ignored."""
    if gate is not None and "rate" in options:
        raise InvalidRequestError("give either gate or rate, not both")
    ignored = sorted(ConnectionOptions.__annotations__ & options.keys())
    if transport is not None and ignored:
        raise InvalidRequestError(
            f"transport= would ignore {', '.join(ignored)}: give them to it instead"
        )


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
