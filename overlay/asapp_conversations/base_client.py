"""What both clients share: their options, their copies, and what they do."""

from __future__ import annotations

import sys
from collections import namedtuple
from collections.abc import AsyncIterable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, ClassVar, Final, Generic, NoReturn, Self, TypeVar
from urllib.parse import quote

import httpx
from asapp_conversations_client import Client as GeneratedClient
from asapp_conversations_client.facts import BATCH, DOCUMENT_SHA256, DOCUMENT_VERSION
from attrs import evolve

from . import published
from ._version import __version__
from .auth import Credentials, ProviderT, choose_credentials
from .clock import Clock
from .errors import InvalidRequestError
from .options import (
    KEEP,
    Environment,
    Proxy,
    Settings,
    TransportT,
    open_transport,
    resolve_base_url,
    to_headers,
)
from .pacing import AsyncGate, Gate, Pacer
from .progress import AnyMessage, Progress, Receipt, Stored
from .retry import RECEIPT
from .steps import maybe_await
from .transport import IN_DOUBT, SEVERAL_STEPS, AsappTransport, Session
from .uploading import Upload
from .validation import check_conversation_id

USER_AGENT: Final = (
    f"asapp-conversations/{__version__} (document {DOCUMENT_VERSION}, {DOCUMENT_SHA256[:12]}) "
    f"httpx/{httpx.__version__} python/{'.'.join(map(str, sys.version_info[:3]))}"
)
"""The header of each request: which versions of this package and of ASAPP's document send it."""

CONTENT_TYPE: Final = httpx.Headers({"Content-Type": BATCH.media_type})

HttpxT = TypeVar("HttpxT", httpx.Client, httpx.AsyncClient)
GateT = TypeVar("GateT", Gate, AsyncGate)

Kinds = namedtuple("Kinds", "httpx carrier pacer lock")
"""What a client is made of: the classes for threads, or those for tasks."""


def refused(words: str) -> Any:
    """A method that refuses to be called, with these words."""

    def refuse(*_: object) -> NoReturn:
        raise TypeError(words)

    return refuse


@lru_cache
def _batch_url(base_url: str, conversation_id: str) -> httpx.URL:
    """Where the batches of a conversation go; httpx takes longer to read a URL than to encode one."""
    parameter = {BATCH.conversation_parameter: quote(conversation_id, safe="")}
    return httpx.URL(base_url.rstrip("/") + BATCH.operation.path.format_map(parameter))


class BaseClient(GeneratedClient, Generic[HttpxT, TransportT, ProviderT, GateT]):
    """What both clients share; a client to every generated operation."""

    _kinds: ClassVar[Kinds]
    _transport: AsappTransport
    _httpx: HttpxT

    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | ProviderT | None = None,
        environment: Environment | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: int = published.RETRIES,
        max_wait: float = 60.0,
        total_timeout: float | None = 120.0,
        rate: float | None = published.REQUESTS_PER_SECOND,
        gate: GateT | None = None,
        headers: Mapping[str, str] | None = None,
        max_answer_bytes: int = 64 * 1024 * 1024,
        proxy: Proxy | None = None,
        transport: TransportT | None = None,
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
        carrier = open_transport(self._kinds.carrier, url, transport, proxy)
        if gate is not None and rate != published.REQUESTS_PER_SECOND:
            raise InvalidRequestError("give either gate or rate, not both")
        chosen_gate = gate or self._kinds.pacer(rate, settings.clock)
        session = Session(carrier, source, self._kinds.lock())
        self._set_up(AsappTransport(settings, session, chosen_gate), headers)

    def _set_up(self, transport: AsappTransport, headers: Mapping[str, str] | None) -> None:
        settings = transport.settings
        super().__init__(base_url=str(settings.base_url), timeout=settings.timeout)
        self._transport = transport
        host = settings.base_url.netloc.decode("ascii")
        # A compressed answer may unpack to any size, and ASAPP's are too short to be worth it.
        usual = {"Host": host, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        sent = httpx.Headers(usual)
        sent.update(to_headers(headers))
        self._httpx = self._kinds.httpx(
            base_url=settings.base_url, headers=sent, timeout=settings.timeout, transport=transport
        )

    @property
    def base_url(self) -> str:
        """Where it sends to."""
        return str(self._transport.settings.base_url)

    with_headers = with_timeout = refused("use with_options() instead")
    with_cookies = refused("set cookies on the httpx client instead")
    set_httpx_client = set_async_httpx_client = refused("give transport= to the client instead")

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
        `InvalidRequestError` for an option that cannot work.
        """
        old = self._transport
        given = {"timeout": timeout, "retries": retries, "rate": rate}
        changes: dict[str, Any] = {name: it for name, it in given.items() if it is not KEEP}
        settings, gate = evolve(old.settings, **changes), old.gate
        if rate is not KEEP:
            if not isinstance(gate, Pacer):
                raise InvalidRequestError("rate= would switch off the gate of this client")
            gate = self._kinds.pacer(settings.rate, settings.clock)
        kept = self._httpx.headers.copy()
        kept.update(to_headers(headers))
        copy = type(self).__new__(type(self))
        copy._set_up(AsappTransport(settings, old.session, gate, owner=False), kept)
        for name in ("auth", "cookies", "event_hooks", "params"):
            setattr(copy._httpx, name, getattr(self._httpx, name))
        return copy

    def _usable(self) -> HttpxT:
        """The httpx client, if a request can go through it."""
        if self._httpx.is_closed:
            raise InvalidRequestError("nothing was sent: the client is closed")
        auth = self._httpx.auth
        if isinstance(auth, httpx.DigestAuth) or (auth and auth.requires_response_body):
            raise InvalidRequestError(f"nothing was sent: {SEVERAL_STEPS}")
        return self._httpx

    async def _send(self, conversation_id: str, body: bytes, in_doubt: bool) -> Receipt:
        response: httpx.Response = await maybe_await(
            self._usable().request(
                BATCH.operation.method,
                _batch_url(self._base_url, conversation_id),
                content=body,
                headers=CONTENT_TYPE,
                extensions={IN_DOUBT: in_doubt},
            )
        )
        receipt: Receipt = response.extensions[RECEIPT]
        return receipt

    __eq__, __hash__ = object.__eq__, object.__hash__  # type: ignore[assignment]

    def __repr__(self) -> str:
        # A client whose constructor failed has no base URL, and may still be shown.
        return f"{type(self).__name__}(base_url={getattr(self, '_base_url', None)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds connections and keys, and is neither pickled nor "
            "copied: make one where it is needed, or use with_options()"
        )


# Python shows this name where it refuses an argument, and nobody knows BaseClient.
BaseClient.__init__.__qualname__ = "Client.__init__ or AsyncClient.__init__"
BaseClient.with_options.__qualname__ = "Client.with_options"


AnyClient = BaseClient[Any, Any, Any, Any]


async def create_messages(
    self: AnyClient,
    conversation_id: str,
    messages: Iterable[AnyMessage] | AsyncIterable[AnyMessage] | Progress,
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
    if isinstance(messages, AsyncIterable):
        messages = [message async for message in messages]
    upload = Upload(conversation_id, messages, max_body_bytes, conflict_is_stored)
    return await upload.send_with(partial(self._send, conversation_id))


async def send_batch(
    self: AnyClient, conversation_id: str, body: bytes, *, in_doubt: bool = False
) -> Receipt:
    """Send one ready request body, and as often as the retries allow; `create_messages` cuts.

    It goes straight to the transport: the httpx client, its hooks and cookies take no part.

    Args:
        conversation_id: the conversation, which must exist.
        body: the JSON of the document's message batch, sent as it is.
        in_doubt: whether an earlier call with this body ended with its outcome unknown.

    Raises:
        InvalidRequestError: the id is not one that the document allows; nothing was sent.
        AsappError: it is not stored, or `outcome_unknown` says that it may be.
    """
    if problems := check_conversation_id(conversation_id):
        raise InvalidRequestError("nothing was sent", problems)
    client, transport = self._usable(), self._transport
    request = httpx.Request(
        BATCH.operation.method,
        _batch_url(self._base_url, conversation_id),
        headers=[*client.headers.raw, *CONTENT_TYPE.raw, (b"Content-Length", b"%d" % len(body))],
        stream=httpx.ByteStream(body),
        extensions={"timeout": client.timeout.as_dict(), IN_DOUBT: in_doubt},
    )
    in_tasks = isinstance(client, httpx.AsyncClient)
    send = transport.handle_async_request if in_tasks else transport.handle_request
    response: httpx.Response = await maybe_await(send(request))
    receipt: Receipt = response.extensions[RECEIPT]
    return receipt
