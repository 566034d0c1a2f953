"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from threading import Lock
from typing import Any, NoReturn, Self

import anyio
import httpx

from . import published
from .auth import AsyncCredentialsProvider, CredentialsProvider
from .base_client import BaseClient, Kinds
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .progress import AnyMessage, Progress, Receipt, Stored
from .steps import run
from .transport import AsappTransport, AsyncAsappTransport
from .validation import demand_conversation_id


def _refused(words: str) -> Any:
    """A method that refuses to be called, with these words."""

    def refuse(*_: object) -> NoReturn:
        raise TypeError(words)

    return refuse


class Client(BaseClient[httpx.Client, httpx.BaseTransport, CredentialsProvider, Gate]):
    """A client for threads.

    Args:
        api_id: the API id; `ASAPP_API_ID` by default.
        api_secret: the API secret; `ASAPP_API_SECRET` by default.
        credentials: both in one, or a callable that returns them; it is asked when they are
            first needed, and once again when they are refused.
        environment: `"sandbox"` or `"production"`; `ASAPP_ENVIRONMENT` by default, or the sandbox.
        base_url: another address, in the place of `environment`; `ASAPP_BASE_URL` by default.
        timeout: seconds for each attempt by the wall clock, of which at most 5 to connect. For
            threads, httpx cannot bound a head that drips, of an answer or of a chunk, nor
            informational answers (1xx) without end; `AsyncClient` bounds these, too.
        retries: how many times a request is sent again; 0 means one attempt.
        max_wait: seconds; when ASAPP asks to wait longer, the request fails at once.
        total_timeout: seconds after which no further attempt begins, or None.
        rate: requests a second, evenly spaced, shared by all threads; None sends at once.
        gate: an own `asapp_conversations.toolkit.Gate`, asked before each attempt; replaces `rate`.
        headers: sent with every request.
        max_answer_bytes: what is read of an answer; a longer one does not count as a success.
        proxy: a proxy's URL; by default the environment's, but never on the way to this machine.
        transport: an httpx transport in the place of httpx's own, for everything that concerns
            the connections; it is not given the environment's proxies.
        allow_http: allow a base URL that is neither https nor on this machine.
        clock: where the time comes from, for tests.

    Raises:
        InvalidRequestError: an option cannot work, or the keys are missing.
    """

    _kinds = Kinds(httpx.Client, AsappTransport, httpx.HTTPTransport, ThreadPacer, Lock)

    def create_messages(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | Progress,
        *,
        conflict_is_stored: bool = True,
        max_body_bytes: int = published.MAX_BODY_BYTES,
    ) -> Stored:
        """Add messages to a conversation, in order, in as few requests as possible.

        Calling it again with the same messages is safe: ASAPP answers 409 to what it holds.

        Args:
            conversation_id: the conversation, which must exist.
            messages: any number of models, of mappings in the API's JSON form, or both; all are
                checked before the first is sent. Or `error.progress` of a call that failed, to go
                on from there.
            conflict_is_stored: count what ASAPP holds already; False raises `ConflictError`.
            max_body_bytes: no request body is larger.

        Raises:
            InvalidRequestError: it cannot be sent; `problems` names every index and field.
            AsappError: what ended it; `progress` says what is stored, unknown and remaining.

        Whatever else ends it (Ctrl-C, a cancellation, an error of a credentials provider) comes
        out as it is, with the same `progress` as an attribute, and its counts in a note.
        """
        return run(self._create(conversation_id, messages, conflict_is_stored, max_body_bytes))

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
        return run(self._send(conversation_id, body, in_doubt))

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


class AsyncClient(
    BaseClient[httpx.AsyncClient, httpx.AsyncBaseTransport, AsyncCredentialsProvider, AsyncGate]
):
    """A client for the tasks of one event loop; arguments as for `Client`.

    `credentials` may also be an async callable; `transport` and `gate` are async ones.
    """

    _kinds = Kinds(
        httpx.AsyncClient, AsyncAsappTransport, httpx.AsyncHTTPTransport, TaskPacer, anyio.Lock
    )

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
        return await self._create(conversation_id, messages, conflict_is_stored, max_body_bytes)

    async def send_batch(
        self, conversation_id: str, body: bytes, *, in_doubt: bool = False
    ) -> Receipt:
        """Send one ready request body; see `Client.send_batch`."""
        demand_conversation_id(conversation_id)
        return await self._send(conversation_id, body, in_doubt)

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
