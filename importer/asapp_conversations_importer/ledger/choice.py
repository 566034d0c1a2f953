"""Which ledger an import goes on from when none is named."""

from __future__ import annotations

from pathlib import Path

from asapp_conversations import InvalidRequestError

from ..reading.files import find_files
from ..reading.sources import STANDARD_INPUT, Files, Source
from .standing import opened

LEDGER_SUFFIX = ".ledger"
REJECTS_SUFFIX = ".rejects.jsonl"
SHARED_NAME = "asapp-import"


def ledger_beside(source: Source) -> Path:
    """The place of a source's ledger: beside the one file that is read, or in the folder of many."""
    if not isinstance(source, Files) or STANDARD_INPUT in source.paths:
        return Path(SHARED_NAME + LEDGER_SUFFIX)
    files = [Path(name) for name in find_files(source.paths)]
    if _is_one(source, files):
        return _own(files[0])
    return files[0].parent / (SHARED_NAME + LEDGER_SUFFIX)


def default_ledger(source: Source) -> Path:
    """The ledger beside the source.

    Raises:
        InvalidRequestError: another ledger knows one of the files: an import that does not go on
            from it would send twice.
    """
    ledger = ledger_beside(source)
    if ledger.exists() or not isinstance(source, Files) or STANDARD_INPUT in source.paths:
        return ledger
    files = [Path(name) for name in find_files(source.paths)]
    if _is_one(source, files):
        others = [files[0].parent / (SHARED_NAME + LEDGER_SUFFIX)]
    else:
        others = [_own(file) for file in files]
    for other in others:
        if other.exists() and set(known_files(files)) & set(files_of(other)):
            raise InvalidRequestError(
                f"{other} knows messages of these files, and an import that does not go on from "
                f"it could send them twice: name the ledger with --ledger, that one or, for an "
                f"import by itself, {ledger}"
            )
    return ledger


def _is_one(source: Files, files: list[Path]) -> bool:
    """Whether it names one file, and not a pattern that more files can fit later."""
    return [Path(name) for name in source.paths] == files[:1]


def _own(file: Path) -> Path:
    return file.with_name(file.name + LEDGER_SUFFIX)


def default_rejects(ledger: Path) -> Path:
    """Beside the ledger, under the source's name."""
    return ledger.with_name(ledger.name.removesuffix(LEDGER_SUFFIX) + REJECTS_SUFFIX)


def known_files(files: list[Path]) -> list[str]:
    """The files as a ledger lists them."""
    return [str(file.resolve()) for file in files]


def files_of(ledger: Path) -> list[str]:
    """The files that the runs of a ledger have read."""
    with opened(ledger) as database:
        return database.files()
