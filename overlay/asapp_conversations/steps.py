"""One course of action for threads and for tasks.

It is a generator that yields each call with an effect, and is sent its result or thrown its error.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")
Steps = Generator[Callable[..., Any], Any, ResultT]


def run(steps: Steps[ResultT]) -> ResultT:
    """Make the calls one after the other; the generator's own result."""
    try:
        call = next(steps)
        while True:
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - the generator decides
                call = steps.throw(error)
            else:
                call = steps.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def run_async(steps: Steps[ResultT]) -> ResultT:
    """The async twin: each call is awaited."""
    try:
        call = next(steps)
        while True:
            try:
                result = await call()
            except BaseException as error:  # noqa: BLE001 - the generator decides
                call = steps.throw(error)
            else:
                call = steps.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
