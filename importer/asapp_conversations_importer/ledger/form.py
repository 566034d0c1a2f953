"""The form of a ledger, one SQLite database: its tables, their rows, and what columns may hold."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import cache
from typing import Any

from attrs import fields

from ..reading.messages import Reject
from .checkpoint import Checkpoint, Status
from .days import LAST_MOMENT

APPLICATION_ID = 0x41534C47
"""Marks a SQLite file as a ledger (SQLite, file format, section 1.3.19)."""

SNAPSHOT_VERSION = 2
"""The form of a ledger with which a snapshot was imported; one of a later form is left alone."""

DIGEST = 32
"""Bytes of a batch's digest."""

_MOMENT = f"BETWEEN 0 AND {LAST_MOMENT}"
# What a column may hold stands here alone: `PRAGMA quick_check` finds each row that breaks it.
SCHEMA = f"""
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
PRAGMA user_version = 1
"""
SNAPSHOT_SCHEMA = f"""
CREATE TABLE snapshot_files (
    path TEXT PRIMARY KEY CHECK (typeof(path) = 'text'),
    size INTEGER NOT NULL CHECK (typeof(size) = 'integer'),
    changed_at INTEGER NOT NULL CHECK (typeof(changed_at) = 'integer'),
    footer BLOB NOT NULL CHECK (typeof(footer) = 'blob'),
    requests INTEGER NOT NULL CHECK (typeof(requests) = 'integer')
) WITHOUT ROWID;
CREATE TABLE settled_groups (
    path TEXT NOT NULL CHECK (typeof(path) = 'text'),
    number INTEGER NOT NULL CHECK (typeof(number) = 'integer'),
    first_row INTEGER NOT NULL CHECK (typeof(first_row) = 'integer'),
    last_row INTEGER NOT NULL CHECK (typeof(last_row) = 'integer'),
    messages INTEGER NOT NULL CHECK (typeof(messages) = 'integer'),
    invalid INTEGER NOT NULL CHECK (typeof(invalid) = 'integer'),
    refused INTEGER NOT NULL CHECK (typeof(refused) = 'integer'),
    PRIMARY KEY (path, number)
) WITHOUT ROWID;
PRAGMA user_version = {SNAPSHOT_VERSION}
"""
"""What is added when the first snapshot is imported."""

COLUMNS = [attribute.name for attribute in fields(Checkpoint)]
SAVE_CHECKPOINT = (
    f"INSERT OR REPLACE INTO conversations (id, {', '.join(COLUMNS)}) "
    f"VALUES (?{', ?' * len(COLUMNS)})"
)
FIND_CHECKPOINT = f"SELECT {', '.join(COLUMNS)} FROM conversations WHERE id = ?"
SET_REQUESTS = "INSERT OR REPLACE INTO days VALUES (?, ?)"
INSERT_REJECT = "INSERT OR REPLACE INTO rejects VALUES (?, ?, ?, ?)"
INSERT_GROUP = (
    "INSERT OR REPLACE INTO settled_groups "
    "VALUES (:path, :number, :first_row, :last_row, :messages, :invalid, :refused)"
)
IS_UNSETTLED = """
    NOT EXISTS (
        SELECT * FROM settled_groups WHERE path = content ->> '$.file'
        AND content ->> '$.row' BETWEEN first_row AND last_row
    )
"""
"""Of a reject: whether it will be noted again, for its row group will be read again."""


def execute_all(connection: sqlite3.Connection, schema: str) -> None:
    """Execute the statements of a schema, within the transaction that there is."""
    for statement in schema.split(";"):
        connection.execute(statement)


@cache
def definitions(has_snapshot: bool) -> list[str]:
    """The definitions of a healthy ledger's tables, each as SQLite keeps it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        execute_all(connection, SCHEMA + f";{SNAPSHOT_SCHEMA}" * has_snapshot)
        return sorted(map(str, connection.execute("SELECT sql FROM sqlite_schema")))


def from_row(row: tuple[Any, ...]) -> Checkpoint:
    """The checkpoint in a row of the table of conversations, without the id."""
    values = dict(zip(COLUMNS, row, strict=True))
    sent: bytes = values["sent"]
    return Checkpoint(
        **values
        | {
            "in_flight": bool(values["in_flight"]),
            "refused": tuple(json.loads(values["refused"])),
            "sent": frozenset(sent[i : i + DIGEST] for i in range(0, len(sent), DIGEST)),
            "status": Status(values["status"]),
        }
    )


def to_row(checkpoint: Checkpoint) -> tuple[Any, ...]:
    """The values of a row of the table of conversations, after the id."""
    values = {name: getattr(checkpoint, name) for name in COLUMNS}
    values |= {"refused": json.dumps(checkpoint.refused), "sent": b"".join(checkpoint.sent)}
    return tuple(values.values())


def reject_row(reject: Reject) -> tuple[str | None, int | None, str, str]:
    """The values of a row of the table of rejects; its content stands so in the file of rejects."""
    content = json.dumps(reject.to_dict(), ensure_ascii=False)
    return reject.conversation_id, reject.position, reject.summary(), content
