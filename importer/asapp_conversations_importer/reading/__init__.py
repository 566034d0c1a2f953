"""Reads any source into validated, sorted messages."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from .grouped import GroupedReader
from .snapshot import Notes, SnapshotReader
from .sources import Records, Snapshot, Source
from .staging import Staging

Reader = Staging | GroupedReader | SnapshotReader
"""Reads one source, once."""


def open_reader(
    source: Source, *, memory_limit: int, folder: Path, notes: Notes | None = None
) -> AbstractContextManager[Reader]:
    """The reader for a source; `folder` is made to sort messages in, and removed.

    `notes` are of the snapshot, if it is one.
    """
    if isinstance(source, Snapshot):
        return nullcontext(SnapshotReader(folder, memory_limit, notes or Notes()))
    if isinstance(source, Records):
        return nullcontext(GroupedReader())
    return Staging(folder, memory_limit=memory_limit)
