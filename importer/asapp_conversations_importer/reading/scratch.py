"""Folders that hold messages on disk: gone at the end of a run, or at the start of the next one."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "asapp-conversations-"
DATABASE = "messages.duckdb"
SPILL = "spill"
OURS = {DATABASE, f"{DATABASE}.wal", SPILL}
"""What a folder of ours can hold."""

_open: set[Path] = set()


@contextmanager
def own_folder(path: Path) -> Iterator[Path]:
    """A folder for this user only, made here and removed at the end.

    What a killed run has left there is removed first, so nobody else may use it meanwhile.

    Raises:
        FileExistsError: something that is not ours has that name; it is left as it is.
    """
    if path.is_symlink() or path.exists():
        if path.is_symlink() or not path.is_dir() or {it.name for it in path.iterdir()} - OURS:
            raise FileExistsError(errno.EEXIST, "it is in the way, and not ours", str(path))
        shutil.rmtree(path)
    path.mkdir(mode=0o700)
    with _removed(path):
        yield path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder among the system's temporary ones; those of runs that were killed are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            _remove_if_left(left)
    new = Path(tempfile.mkdtemp())
    with FileLock(new / "lock"):
        # Whoever finds it by its name finds it locked.
        path = new.rename(new.with_name(PREFIX + new.name))
        with _removed(path):
            yield path


def _remove_if_left(folder: Path) -> None:
    lock = folder / "lock"
    owner = folder.lstat().st_uid
    if owner == getattr(os, "getuid", lambda: owner)() and lock.is_file():
        with FileLock(lock, timeout=0):
            shutil.rmtree(folder)


@contextmanager
def _removed(path: Path) -> Iterator[None]:
    _open.add(path)
    try:
        yield
    finally:
        shutil.rmtree(path, ignore_errors=True)
        _open.discard(path)


def remove_now() -> None:
    """Remove the folders of this process, which is about to end."""
    for path in list(_open):
        shutil.rmtree(path, ignore_errors=True)
