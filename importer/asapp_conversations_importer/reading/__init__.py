"""Reads any source into validated, sorted messages."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from .grouped import GroupedReader
from .sources import Records, Source
from .staging import Staging

Reader = Staging | GroupedReader
"""Reads one source, once."""


def open_reader(
    source: Source, *, memory_limit: int, folder: Path
) -> AbstractContextManager[Reader]:
    """The reader for a source; `folder` is made to sort messages in, and removed."""
    if isinstance(source, Records):
        return nullcontext(GroupedReader())
    return Staging(folder, memory_limit=memory_limit)
