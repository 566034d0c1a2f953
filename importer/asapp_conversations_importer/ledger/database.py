"""An open ledger: how it is made, checked and read, and what its failures mean."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from asapp_conversations import AsappError

from . import form
from .checkpoint import NOTHING_SENT, Checkpoint, Status
from .counts import Counts

DAMAGED = (
    "not a ledger, or a damaged one; nothing was changed. Put back a copy that was made after its "
    "last run. If there is none, name a new one with --ledger, but only for the source as it was: all of "
    "it is sent again, and ASAPP tells by 409 what it holds. Of a source that has grown or changed since, "
    "messages would be stored twice"
)
FAILURES = {
    "SQLITE_FULL": "the disk is full; make room and run it again: it goes on where it stopped",
    "SQLITE_IOERR": "the disk fails or is full ({}); run it again once it works: it goes on",
    "SQLITE_BUSY": "another program works on the ledger: run it again once that has ended",
} | dict.fromkeys(
    ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"),
    "the ledger cannot be opened here: name one in another folder with --ledger",
)
"""What is wrong and what to do, by how SQLite's name of a failure begins."""


class LedgerError(AsappError):
    """The ledger cannot be used; nothing of it was overwritten."""


class Target(NamedTuple):
    """Where an import goes: one ledger serves one target."""

    base_url: str
    api_id: str


class Database:
    """An open ledger, a context manager; whatever goes wrong with it is a `LedgerError`.

    Args:
        path: the file.
        target: makes a new ledger for it where the file is empty; without one nothing can be
            written.

    Raises:
        LedgerError: it is no ledger, a damaged one, or one of a later form; it was not changed.
    """

    def __init__(self, path: Path, target: Target | None = None) -> None:
        self.path = path
        # Opened for reading alone, SQLite would not look at what the columns may hold.
        uri = f"{Path(os.path.realpath(path)).as_uri()}?mode=rw"
        with explained(path), ExitStack() as failing:
            self.connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False
            )
            failing.callback(self.connection.close)
            self.read(f"PRAGMA query_only = {target is None}")
            self._check(target)
            failing.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with explained(self.path):
            self.connection.close()

    def read(self, query: str, *values: object) -> list[Any]:
        """The rows that a query finds."""
        with explained(self.path):
            return self.connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is written in it is durable at the end, or nothing."""
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # A full disk has already rolled it back.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @property
    def has_snapshot(self) -> bool:
        """Whether a snapshot was imported with it."""
        return bool(self.read("PRAGMA user_version")[0][0] == form.SNAPSHOT_VERSION)

    def target(self) -> Target:
        """Where the import goes."""
        return Target(*self.read("SELECT base_url, api_id FROM import")[0])

    def find(self, conversation_id: str) -> Checkpoint:
        """How far a conversation has come; nowhere if it is not known."""
        rows = self.read(form.FIND_CHECKPOINT, conversation_id)
        try:
            return form.from_row(rows[0]) if rows else NOTHING_SENT
        except ValueError:
            # SQLite's check lets through what is no JSON, since it knows no answer then.
            raise LedgerError(f"{self.path}: {DAMAGED}") from None

    def counts_after(self, conversation_id: str = "") -> Counts:
        """What had become of the messages of the conversations after that one, when last seen."""
        query = f"""
            SELECT
                coalesce(sum(stored + already_stored), 0),
                coalesce(sum(CASE WHEN status = '{Status.REJECTED}'
                    THEN total - stored - already_stored ELSE json_array_length(refused) END), 0),
                coalesce(sum(CASE WHEN in_flight THEN ahead - done ELSE 0 END), 0)
            FROM conversations WHERE id > ?
        """
        skipped, rejected, in_doubt = self.read(query, conversation_id)[0]
        return Counts(skipped=skipped, rejected=rejected, in_doubt=in_doubt)

    def files(self) -> list[str]:
        """The files that its runs have read."""
        return [path for (path,) in self.read("SELECT path FROM files")]

    def reject_reasons(self) -> dict[str, int]:
        """How many rejects there are, by reason, the most frequent first."""
        query = "SELECT reason, count(*) FROM rejects GROUP BY 1 ORDER BY count(*) DESC, reason"
        return dict(self.read(query))

    def rejects(self) -> Iterator[dict[str, Any]]:
        """Every reject as it stands in the file of rejects."""
        query = "SELECT content FROM rejects ORDER BY position IS NOT NULL, rowid"
        with explained(self.path):
            for (content,) in self.connection.execute(query):
                try:
                    yield json.loads(content)
                except (ValueError, RecursionError):
                    raise LedgerError(f"{self.path}: {DAMAGED}") from None

    def _check(self, target: Target | None) -> None:
        """Raise `LedgerError` for anything that the form does not allow; give an empty file its form."""
        ((marker, version, tables),) = self.read(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) "
            "FROM pragma_application_id, pragma_user_version"
        )
        if not marker and not tables:
            if target is None:
                raise LedgerError(f"{self.path} is empty: no import has begun to write it")
            with self.transaction() as connection:
                form.execute_all(connection, form.SCHEMA)
                connection.execute("INSERT INTO import (base_url, api_id) VALUES (?, ?)", target)
        elif marker != form.APPLICATION_ID:
            raise LedgerError(
                f"{self.path} is a database, but no ledger: name another file with --ledger"
            )
        elif version > form.SNAPSHOT_VERSION:
            raise LedgerError(
                f"{self.path} was written by a later version of asapp-conversations: "
                "upgrade to go on"
            )
        found = self.read("SELECT sql FROM sqlite_schema")
        if not (
            sorted(map(str, found)) == form.definitions(self.has_snapshot)
            and self.read("PRAGMA quick_check(1)") == [("ok",)]
            and self.read("SELECT count(*) FROM import") == [(1,)]
        ):
            raise LedgerError(f"{self.path}: {DAMAGED}")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says into what is wrong and what to do."""
    try:
        yield
    # Python cannot always decode what SQLite says of a damaged file.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        name = getattr(error, "sqlite_errorname", "")
        found = (words for start, words in FAILURES.items() if name.startswith(start))
        raise LedgerError(f"{path}: {next(found, DAMAGED).format(name)}") from error
