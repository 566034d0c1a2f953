"""The form of a ledger, one SQLite database: how it is made, opened, checked and read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from asapp_conversations import AsappError
from attrs import asdict, astuple, evolve, fields, frozen

from .checkpoint import Checkpoint, Status
from .counts import Counts

APPLICATION_ID = 0x41534C47
"""Marks a SQLite file as a ledger (SQLite, file format, section 1.3.19)."""

VERSION = 1
"""The form below; a ledger of a later one is left alone."""

_COLUMNS = [attribute.name for attribute in fields(Checkpoint)]
_SCHEMA = f"""
BEGIN;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, total INTEGER NOT NULL, done INTEGER NOT NULL, digest BLOB NOT NULL,
    ahead INTEGER NOT NULL, ahead_digest BLOB NOT NULL, in_flight INTEGER NOT NULL,
    refused TEXT NOT NULL, stored INTEGER NOT NULL, already_stored INTEGER NOT NULL,
    status TEXT NOT NULL, reason TEXT
) WITHOUT ROWID;
CREATE INDEX unfinished ON conversations (status) WHERE status != '{Status.FINISHED}';
CREATE TABLE days (day TEXT PRIMARY KEY, requests INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rejects (
    conversation_id TEXT, position INTEGER, reason TEXT NOT NULL, content TEXT NOT NULL,
    UNIQUE (conversation_id, position)
);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, started REAL NOT NULL, ended REAL, report TEXT NOT NULL
);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
SAVE_CHECKPOINT = (
    f"INSERT OR REPLACE INTO conversations (id, {', '.join(_COLUMNS)}) "
    f"VALUES (?{', ?' * len(_COLUMNS)})"
)
INSERT_REJECT = "INSERT OR REPLACE INTO rejects VALUES (?, ?, ?, ?)"
COUNT_REQUESTS = (
    "INSERT INTO days VALUES (?, ?) "
    "ON CONFLICT DO UPDATE SET requests = requests + excluded.requests"
)
SET_FACT = "INSERT OR REPLACE INTO facts VALUES (?, ?)"


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


def lock_path(path: Path) -> Path:
    """The file whose lock says that a run writes to the ledger."""
    return path.with_name(f"{path.name}.lock")


def connect(path: Path, mode: Literal["ro", "rw"]) -> sqlite3.Connection:
    """A connection in autocommit mode that several threads may use, one at a time."""
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def is_empty(path: Path, connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written; raises for what is no ledger, or one of a later form."""
    (marker,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not marker and not tables:
        return True
    if marker != APPLICATION_ID:
        raise LedgerError(f"{path} is a database, but no ledger: name another file with --ledger")
    if version > VERSION:
        raise LedgerError(
            f"{path} was written by a later version of asapp-conversations: upgrade to go on"
        )
    return False


def create(connection: sqlite3.Connection, target: Target) -> None:
    """Make the tables of a new ledger."""
    connection.executescript(_SCHEMA)
    connection.executemany(SET_FACT, asdict(target).items())
    connection.execute("COMMIT")


def check_target(path: Path, connection: sqlite3.Connection, target: Target) -> None:
    """Raise when the ledger belongs to another target."""
    facts = read_facts(connection)
    for name, value in asdict(target).items():
        if facts.get(name) != value:
            raise LedgerError(
                f"{path} is the ledger of an import into {name.replace('_', ' ')} "
                f"{facts.get(name)}, not {value}: name another file with --ledger"
            )


def read_facts(connection: sqlite3.Connection) -> dict[str, str]:
    """Every fact that was noted."""
    return dict(connection.execute("SELECT name, value FROM facts"))


def read_rejects(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Every reject, as it stands in the file of rejects."""
    query = "SELECT content FROM rejects ORDER BY position IS NOT NULL, rowid"
    for (content,) in connection.execute(query):
        yield json.loads(content)


def count_reasons(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rejects there are, by reason, the most frequent first."""
    query = "SELECT reason, count(*) FROM rejects GROUP BY reason ORDER BY count(*) DESC, reason"
    return dict(connection.execute(query))


def find_checkpoint(connection: sqlite3.Connection, conversation_id: str) -> Checkpoint:
    """How far a conversation has come; nowhere if it is not known."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM conversations WHERE id = ?"
    row = connection.execute(query, (conversation_id,)).fetchone()
    if row is None:
        return Checkpoint()
    kept = Checkpoint(*row)
    return evolve(
        kept,
        in_flight=bool(kept.in_flight),
        refused=tuple(json.loads(str(kept.refused))),
        status=Status(kept.status),
    )


def count_messages(connection: sqlite3.Connection, after: str = "") -> Counts:
    """What has become of the messages of all conversations whose id comes after one."""
    query = f"""
        SELECT
            coalesce(sum(stored + already_stored), 0),
            coalesce(sum(CASE WHEN status = '{Status.REJECTED}'
                THEN total - stored - already_stored ELSE json_array_length(refused) END), 0),
            coalesce(sum(CASE WHEN in_flight THEN ahead - done ELSE 0 END), 0)
        FROM conversations WHERE id > ?
    """
    skipped, rejected, in_doubt = connection.execute(query, (after,)).fetchone()
    return Counts(skipped=skipped, rejected=rejected, in_doubt=in_doubt)


def to_row(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """The values of a row of the table of conversations, after the id."""
    return astuple(evolve(checkpoint, refused=json.dumps(checkpoint.refused)))  # type: ignore[arg-type]


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system say into what is wrong and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(f"{path}: {_explain(error)}") from error
    except OSError as error:
        raise LedgerError(
            f"{path}: the ledger cannot be written ({error.strerror}): "
            "name a file in a folder that can be written with --ledger"
        ) from error


def _explain(error: sqlite3.Error) -> str:
    match error.sqlite_errorname if hasattr(error, "sqlite_errorname") else "":
        case "SQLITE_NOTADB" | "SQLITE_CORRUPT":
            return "not a ledger, or a damaged one; nothing was changed: name another with --ledger"
        case "SQLITE_FULL":
            return "the disk is full; make room and run it again: it goes on where it stopped"
        case name if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return "the ledger cannot be written: name one in another folder with --ledger"
        case name if name.startswith("SQLITE_IOERR"):
            return f"the disk fails or is full ({name}); run it again once it works: it goes on"
    return f"the ledger cannot be used ({error})"
