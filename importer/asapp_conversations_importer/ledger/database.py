"""The form of a ledger, one SQLite database: how it is made, opened, checked and read."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

from asapp_conversations import AsappError
from attrs import astuple, evolve, fields, frozen

from .checkpoint import Checkpoint, Status
from .counts import Counts
from .days import LAST_MOMENT
from .snapshot_tables import SCHEMA as _SNAPSHOT_SCHEMA
from .snapshot_tables import VERSION as SNAPSHOT_VERSION

APPLICATION_ID = 0x41534C47
"""Marks a SQLite file as a ledger (SQLite, file format, section 1.3.19)."""

VERSION = 1
"""The form below. That of snapshots is the next; a ledger of a later one is left alone."""

DIGEST = 32
"""Bytes of a batch's digest."""

_MOMENT = f"BETWEEN 0 AND {LAST_MOMENT}"
# What a column may hold stands here alone: `PRAGMA quick_check` finds each row that breaks it.
_SCHEMA = f"""
CREATE TABLE import (
    base_url TEXT NOT NULL CHECK (typeof(base_url) = 'text'),
    api_id TEXT NOT NULL CHECK (typeof(api_id) = 'text'),
    max_body INTEGER CHECK (max_body IS NULL OR typeof(max_body) = 'integer' AND max_body > 0),
    rejects_digest TEXT
);
CREATE TABLE files (path TEXT PRIMARY KEY CHECK (typeof(path) = 'text')) WITHOUT ROWID;
CREATE TABLE conversations (
    id TEXT PRIMARY KEY CHECK (typeof(id) = 'text'),
    total INTEGER NOT NULL CHECK (typeof(total) = 'integer' AND total >= 0),
    done INTEGER NOT NULL CHECK (typeof(done) = 'integer' AND done >= 0),
    digest BLOB NOT NULL CHECK (typeof(digest) = 'blob'),
    ahead INTEGER NOT NULL CHECK (typeof(ahead) = 'integer' AND ahead >= done),
    ahead_digest BLOB NOT NULL CHECK (typeof(ahead_digest) = 'blob'),
    in_flight INTEGER NOT NULL CHECK (in_flight IN (0, 1)),
    refused TEXT NOT NULL CHECK (
        CASE WHEN json_valid(refused) THEN json_type(refused) = 'array' END
        AND substr(refused, 2) NOT GLOB '*[^]0-9, ]*'
    ),
    sent BLOB NOT NULL CHECK (typeof(sent) = 'blob' AND length(sent) % {DIGEST} = 0),
    stored INTEGER NOT NULL CHECK (typeof(stored) = 'integer' AND stored >= 0),
    already_stored INTEGER NOT NULL CHECK (
        typeof(already_stored) = 'integer' AND already_stored >= 0
    ),
    status TEXT NOT NULL CHECK (status IN ('{"', '".join(Status)}')),
    reason TEXT CHECK (typeof(reason) IN ('null', 'text')),
    CHECK (stored + already_stored <= done)
) WITHOUT ROWID;
CREATE INDEX unfinished ON conversations (status) WHERE status != '{Status.FINISHED}';
CREATE TABLE days (
    day TEXT PRIMARY KEY CHECK (typeof(day) = 'text'),
    requests INTEGER NOT NULL CHECK (typeof(requests) = 'integer' AND requests >= 0)
) WITHOUT ROWID;
CREATE TABLE rejects (
    conversation_id TEXT, position INTEGER,
    reason TEXT NOT NULL CHECK (typeof(reason) = 'text'),
    content TEXT NOT NULL CHECK (content GLOB '{{*}}'),
    UNIQUE (conversation_id, position)
);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    started REAL NOT NULL CHECK (started {_MOMENT}),
    sent_by TEXT NOT NULL CHECK (typeof(sent_by) = 'text'),
    ended REAL CHECK (ended {_MOMENT}),
    stopped_by TEXT CHECK (typeof(stopped_by) IN ('null', 'text')),
    resume_at REAL CHECK (resume_at {_MOMENT}),
    unsent INTEGER NOT NULL DEFAULT 0 CHECK (typeof(unsent) = 'integer' AND unsent >= 0),
    daily_limit INTEGER CHECK (typeof(daily_limit) IN ('null', 'integer'))
);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
_COLUMNS = [attribute.name for attribute in fields(Checkpoint)]
SAVE_CHECKPOINT = (
    f"INSERT OR REPLACE INTO conversations (id, {', '.join(_COLUMNS)}) "
    f"VALUES (?{', ?' * len(_COLUMNS)})"
)
INSERT_REJECT = "INSERT OR REPLACE INTO rejects VALUES (?, ?, ?, ?)"
BEGIN_DAY = "INSERT OR IGNORE INTO days VALUES (?, 0)"
COUNT_REQUESTS = "UPDATE days SET requests = requests + ? WHERE day = ?"


class LedgerError(AsappError):
    """The ledger cannot be used; nothing of it was overwritten."""


@frozen
class Target:
    """Where an import goes: one ledger serves one target."""

    base_url: str
    api_id: str


@frozen
class RejectRow:
    """A reject as the ledger keeps it.

    Attributes:
        reason: for counting.
        content: a JSON object, as it stands in the file of rejects.
        conversation_id: None if the record told none.
        position: the place in the conversation, from 0, if ASAPP refused it; None if it is invalid.
    """

    reason: str
    content: dict[str, Any]
    conversation_id: str | None = None
    position: int | None = None

    def to_row(self) -> tuple[str | None, int | None, str, str]:
        """The values of a row of the table of rejects."""
        content = json.dumps(self.content, ensure_ascii=False)
        return self.conversation_id, self.position, self.reason, content


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
        with explained(path):
            self.connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False
            )
            try:
                self.connection.execute(f"PRAGMA query_only = {target is None}")
                if self._is_empty():
                    self._create(target)
                self._check()
            except BaseException:
                self.connection.close()
                raise

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
        return bool(self.read("PRAGMA user_version")[0][0] == SNAPSHOT_VERSION)

    def snapshot_rows(self, query: str) -> list[Any]:
        """The rows that a query about a snapshot finds; none where none was imported."""
        return self.read(query) if self.has_snapshot else []

    def target(self) -> Target:
        """Where the import goes."""
        return Target(*self.read("SELECT base_url, api_id FROM import")[0])

    def find(self, conversation_id: str) -> Checkpoint:
        """How far a conversation has come; nowhere if it is not known."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM conversations WHERE id = ?"
        rows = self.read(query, conversation_id)
        try:
            return from_row(rows[0]) if rows else Checkpoint()
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

    def _is_empty(self) -> bool:
        (marker,) = self.connection.execute("PRAGMA application_id").fetchone()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not marker and not tables:
            return True
        if marker != APPLICATION_ID:
            raise LedgerError(
                f"{self.path} is a database, but no ledger: name another file with --ledger"
            )
        if version > SNAPSHOT_VERSION:
            raise LedgerError(
                f"{self.path} was written by a later version of asapp-conversations: "
                "upgrade to go on"
            )
        return False

    def _create(self, target: Target | None) -> None:
        if target is None:
            raise LedgerError(f"{self.path} is empty: no import has begun to write it")
        self.connection.executescript(f"BEGIN; {_SCHEMA}")
        self.connection.execute(
            "INSERT INTO import (base_url, api_id) VALUES (?, ?)", astuple(target)
        )
        self.connection.execute("COMMIT")

    def _check(self) -> None:
        """Raise `LedgerError` for anything that the form does not allow."""
        found = self.connection.execute("SELECT sql FROM sqlite_schema").fetchall()
        healthy = sorted(map(str, found)) == _definitions(self.has_snapshot)
        if healthy:
            healthy = self.connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        if healthy:
            (rows,) = self.connection.execute("SELECT count(*) FROM import").fetchone()
            healthy = rows == 1
        if not healthy:
            raise LedgerError(f"{self.path}: {DAMAGED}")


@cache
def _definitions(has_snapshot: bool) -> list[str]:
    """The definitions of a healthy ledger's tables."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_SCHEMA)
        for statement in _SNAPSHOT_SCHEMA if has_snapshot else ():
            connection.execute(statement)
        return sorted(map(str, connection.execute("SELECT sql FROM sqlite_schema")))


def from_row(row: tuple[Any, ...]) -> Checkpoint:
    """The checkpoint in a row of the table of conversations, without the id."""
    kept = Checkpoint(*row)
    sent: bytes = row[_COLUMNS.index("sent")]
    return evolve(
        kept,
        in_flight=bool(kept.in_flight),
        refused=tuple(json.loads(row[_COLUMNS.index("refused")])),
        sent=frozenset(sent[i : i + DIGEST] for i in range(0, len(sent), DIGEST)),
        status=Status(kept.status),
    )


def to_row(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """The values of a row of the table of conversations, after the id."""
    values = {name: getattr(checkpoint, name) for name in _COLUMNS}
    values |= {"refused": json.dumps(checkpoint.refused), "sent": b"".join(checkpoint.sent)}
    return tuple(values.values())


DAMAGED = (
    "not a ledger, or a damaged one; nothing was changed. Put back a copy of it, or name another "
    "with --ledger: what it knew is sent again then, and ASAPP tells by 409 what it holds of it"
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite says into what is wrong and what to do."""
    try:
        yield
    # Python cannot always decode what SQLite says of a damaged file.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise LedgerError(f"{path}: {_explain(error)}") from error


def _explain(error: Exception) -> str:
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_FULL":
            return "the disk is full; make room and run it again: it goes on where it stopped"
        case name if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return "the ledger cannot be opened here: name one in another folder with --ledger"
        case name if name.startswith("SQLITE_IOERR"):
            return f"the disk fails or is full ({name}); run it again once it works: it goes on"
        case "SQLITE_BUSY":
            return "another program works on the ledger: run it again once that has ended"
    return DAMAGED
