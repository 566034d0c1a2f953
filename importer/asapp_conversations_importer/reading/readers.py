"""How a source is read: staged and sorted on disk, or as its records come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from .grouping import group
from .records import Conversation, Reject
from .sources import ReadOptions, Records, Source
from .staging import Staging, Totals


class Reader(Protocol):
    """Reads one source, once; a context manager."""

    def load(
        self,
        source: Source,
        options: ReadOptions,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[int], None],
    ) -> Totals:
        """Take the source; validate and sort it if that can be done before it is sent."""
        ...

    def request_count(self, max_messages: int) -> int | None:
        """How many requests the source takes; None if that is not known."""
        ...

    def conversations(self) -> Iterator[Conversation]:
        """Each conversation, with its messages in order."""
        ...

    def interrupt(self) -> None:
        """End `load` from another thread: KeyboardInterrupt there."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class GroupedReader:
    """Reads records that come grouped by conversation, while they are sent."""

    def load(
        self,
        source: Source,
        options: ReadOptions,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[int], None],
    ) -> Totals:
        """Nothing is read yet, and so nothing is known."""
        assert isinstance(source, Records)
        self._conversations = group(source.data, options, on_reject)
        return Totals()

    def request_count(self, max_messages: int) -> None:
        return None

    def conversations(self) -> Iterator[Conversation]:
        return self._conversations

    def interrupt(self) -> None:
        """`load` is over at once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """There is nothing to remove."""


def open_reader(source: Source, *, memory_limit: int, folder: Path) -> Reader:
    """The reader for a source; `folder` is made to sort messages in, and removed."""
    if isinstance(source, Records):
        return GroupedReader()
    return Staging(folder, memory_limit=memory_limit)
