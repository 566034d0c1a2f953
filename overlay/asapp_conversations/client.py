"""The clients: generated operations run through them, and `create_messages` on top."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, Self, TypeVar

import httpx

from . import base_client
from .auth import AsyncCredentialsProvider, CredentialsProvider
from .base_client import BaseClient, Kinds, refused
from .pacing import AsyncGate, Gate, TaskPacer, ThreadPacer
from .steps import for_tasks, run

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def blocking(method: Callable[P, Coroutine[Any, Any, ResultT]]) -> Callable[P, ResultT]:
    """The same method for threads."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        return run(method(*args, **kwargs))

    return call


def task_lock() -> Any:
    """A lock between the tasks of an event loop."""
    return for_tasks().Lock()


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

    _kinds = Kinds(httpx.Client, httpx.HTTPTransport, ThreadPacer, Lock)

    create_messages = blocking(base_client.create_messages)
    send_batch = blocking(base_client.send_batch)

    def get_httpx_client(self) -> httpx.Client:
        """The httpx client that carries every request of this client.

        Its hooks and tracers see each call once, and never the keys. A call that fails raises
        `AsappError`, and is not shown to hooks for responses.
        """
        return self._usable()

    get_async_httpx_client = refused("Client is for threads: use AsyncClient for asyncio functions")

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

    `credentials` may also be an async callable; `transport` and `gate` are async ones, and
    `create_messages` takes async iterables, too.
    """

    _kinds = Kinds(httpx.AsyncClient, httpx.AsyncHTTPTransport, TaskPacer, task_lock)

    create_messages = base_client.create_messages
    send_batch = base_client.send_batch

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx client that carries every request; see `Client.get_httpx_client`."""
        return self._usable()

    get_httpx_client = refused("AsyncClient is for tasks: use Client for sync functions")

    async def aclose(self) -> None:
        """Close the connections, unless they belong to the client this is a copy of."""
        await self._httpx.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object, **kwargs: Any) -> None:
        await self.aclose()
