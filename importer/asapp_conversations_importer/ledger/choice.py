"""Which files an import reads, and which ledger it goes on from when none is named."""

from __future__ import annotations

import os
from pathlib import Path

from asapp_conversations import InvalidRequestError

from ..reading.files import REJECTS_SUFFIX, find_files
from ..reading.originals import as_text
from ..reading.sources import STANDARD_INPUT, Files, Snapshot, Source
from ..reading.stores import is_remote
from .standing import opened

LEDGER_SUFFIX = ".ledger"
SHARED_NAME = "asapp-import"


def resolve(source: Source, ledger: Path | None) -> tuple[Source, Path | None]:
    """The source with its patterns expanded once and for all, and the ledger of its import.

    Among several files, as a shell gives them, the import's own rejects are none.

    The ledger of one file, or of a snapshot, is beside it, that of several files in the folder of the
    first one; anything else has no place of its own, and no ledger unless one is named.

    Raises:
        InvalidRequestError: another ledger knows one of the files: an import that does not go on
            from it would send twice.
    """
    if isinstance(source, Snapshot) and ledger is None and not is_remote(source.paths[0]):
        return source, Path(source.paths[0].rstrip("/") + LEDGER_SUFFIX)
    if not isinstance(source, Files):
        return source, ledger
    paths = tuple(find_files(source.paths))
    if ledger is None and all(map(_has_a_place, paths)):
        # A pattern that fits one file now can fit more later.
        one = source.paths[0] in paths and len(paths) == 1
        shared = Path(paths[0]).parent / (SHARED_NAME + LEDGER_SUFFIX)
        own = [Path(path + LEDGER_SUFFIX) for path in paths]
        ledger, others = (own[0], [shared]) if one else (shared, own)
        for other in () if ledger.exists() else filter(Path.exists, others):
            with opened(other) as database:
                if not known_names(Files(paths)).isdisjoint(database.files()):
                    raise InvalidRequestError(
                        f"{other} knows messages of these files, and an import that does not go on "
                        "from it could send them twice: name the ledger with --ledger, that one or, "
                        f"for an import by itself, {ledger}"
                    )
    if ledger and len(paths) > 1:
        paths = tuple(path for path in paths if Path(path) != default_rejects(ledger))
    return Files(paths), ledger


def _has_a_place(path: str) -> bool:
    """Whether a file is one that is there again under its name; a pipe of the shell is none."""
    passing = os.path.realpath(path).startswith(("/dev/", "/proc/"))
    return not (path == STANDARD_INPUT or is_remote(path) or passing)


def default_rejects(ledger: Path) -> Path:
    """Beside the ledger, under the source's name."""
    return ledger.with_name(ledger.name.removesuffix(LEDGER_SUFFIX) + REJECTS_SUFFIX)


def known_names(source: Source) -> set[str]:
    """The files of a source as a ledger lists them."""
    paths = source.paths if isinstance(source, Files) else ()
    return {path if is_remote(path) else as_text(os.path.realpath(path)) for path in paths}
