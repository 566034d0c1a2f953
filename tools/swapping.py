"""Puts what is new in the place of what is old: all of it, or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from failure import RegenerationError

UNFINISHED = ".new-"


@contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """A folder for what is to take the place of `target`, which a rename can do from there.

    Raises:
        RegenerationError: nothing can be written there.
    """
    try:
        target.parent.mkdir(exist_ok=True)
        clear_up(target)
        folder = tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED)
    except OSError as error:
        raise RegenerationError(
            f"{target.parent}: nothing can be written there ({error.strerror}), so all is as it was. "
            "Let this folder be written to, and run it again."
        ) from error
    with folder as name:
        yield Path(name)


def clear_up(target: Path) -> None:
    """Take away what a regeneration that was killed left, once the old client is back."""
    for folder in target.parent.glob(f"{UNFINISHED}*"):
        for old in folder.rglob(old_name(target)):
            if not target.exists():
                old.replace(target)
        shutil.rmtree(folder)


def old_name(target: Path) -> str:
    """What is called so, in the folder of the new one, until that has taken its place."""
    return f"old-{target.name}"


def swap_in(*pairs: tuple[Path, Path]) -> None:
    """Put each new file or folder in the place of an old one, which stay whole until then.

    Args:
        pairs: what is new, in a folder that is thrown away, and its target.

    Raises:
        RegenerationError: one target cannot be replaced; all are as they were.
    """
    aside: list[tuple[Path, Path, Path]] = []
    try:
        for new, target in pairs:
            old = new.with_name(old_name(target))
            if target.exists():
                target.replace(old)
            aside.append((new, target, old))
            new.replace(target)
    except BaseException as error:
        for new, target, old in reversed(aside):
            if target.exists():
                target.replace(new)
            if old.exists():
                old.replace(target)
        if not isinstance(error, OSError):
            raise
        raise RegenerationError(
            f"{target}: cannot be replaced ({error.strerror}), so all is as it was. "
            "Let it be written to, and run this again."
        ) from error
