"""One course of action for threads and for tasks: coroutines, which in a thread never wait."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


@cache
def for_tasks() -> Any:
    """anyio, imported by the first who has tasks: it would be a fifth of this package's import."""
    import anyio
    import anyio.lowlevel

    return anyio


def running_loop() -> object:
    """What one event loop is told from another by."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return for_tasks().lowlevel.current_token()


def time_limit(seconds: float) -> AbstractAsyncContextManager[Any]:
    """Ends what takes a task so long with `TimeoutError`."""
    import asyncio

    try:
        in_asyncio = asyncio.current_task() is not None
    except RuntimeError:
        in_asyncio = False
    # asyncio's own takes a third of the time of anyio's, for each request.
    return asyncio.timeout(seconds) if in_asyncio else _fail_after(seconds)


@asynccontextmanager
async def _fail_after(seconds: float) -> AsyncIterator[None]:
    with for_tasks().fail_after(seconds):
        yield


def run(steps: Coroutine[Any, Any, ResultT]) -> ResultT:
    """What a coroutine returns that only calls functions for threads."""
    try:
        steps.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    steps.close()
    raise TypeError("Client is for threads, and takes no async functions: use AsyncClient")


async def maybe_await(result: Any) -> Any:
    """The result of a call, awaited if the function was an async one."""
    return await result if inspect.isawaitable(result) else result
