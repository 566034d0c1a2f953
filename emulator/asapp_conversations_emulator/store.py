"""What the emulator holds, in SQLite: in memory, or in a file that outlives it."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

APPLICATION_ID = 0x61736170
"""Marks a file as ours (SQLite's PRAGMA application_id); "asap" in ASCII."""

_SCHEMA = """
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, messages INTEGER NOT NULL
);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, digest BLOB NOT NULL,
    messages BLOB NOT NULL, UNIQUE (conversation, digest)
);
CREATE TABLE copies (
    conversation INTEGER NOT NULL, digest INTEGER NOT NULL, copies INTEGER NOT NULL,
    PRIMARY KEY (conversation, digest)
) WITHOUT ROWID;
CREATE INDEX duplicated ON copies (conversation, copies) WHERE copies > 1;
"""


class Store:
    """Batches of messages by conversation, in the order in which they came.

    Not for several threads at once.

    Args:
        path: a file, made if it is not there; in memory by default.

    Raises:
        ValueError: the file is something else, or cannot be opened.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        try:
            self._database = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise ValueError(f"{path}: {error}") from None
        # What was held can be read for as long as somebody has the store.
        self.close = weakref.finalize(self, self._database.close)
        try:
            self._prepare()
        except (sqlite3.Error, ValueError) as error:
            self.close()
            raise ValueError(f"{path} is not a store of the emulator: {error}") from None

    def _prepare(self) -> None:
        (application_id,) = self._database.execute("PRAGMA application_id").fetchone()
        (objects,) = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if objects and application_id != APPLICATION_ID:
            raise ValueError("it holds other tables")
        # A process that dies loses nothing that it answered; a machine that dies may.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        if not objects:
            self._database.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; COMMIT;"
            )

    def add(self, conversation_id: str, messages: list[Any]) -> bool:
        """Store a batch; False when the conversation holds the very same batch already."""
        digests = [_digest(message) for message in messages]
        whole = blake2b(b"".join(digests), digest_size=16).digest()
        execute = self._database.execute
        execute("BEGIN")
        try:
            ((conversation,),) = execute(
                "INSERT INTO conversations (id, messages) VALUES (?, ?) ON CONFLICT (id) "
                "DO UPDATE SET messages = messages + excluded.messages RETURNING number",
                (conversation_id, len(messages)),
            ).fetchall()
            execute(
                "INSERT INTO batches (conversation, digest, messages) VALUES (?, ?, ?)",
                (conversation, whole, orjson.dumps(messages)),
            )
            self._database.executemany(
                "INSERT INTO copies VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET copies = copies + 1",
                [(conversation, int.from_bytes(digest, signed=True)) for digest in digests],
            )
            execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                return False
            raise
        return True

    def messages(self, conversation_id: str) -> list[Any] | None:
        """A conversation's messages in the order in which they came; None if it has none."""
        batches = self._database.execute(
            "SELECT batches.messages FROM batches JOIN conversations "
            "ON conversations.number = conversation WHERE id = ? ORDER BY batches.number",
            (conversation_id,),
        ).fetchall()
        return (
            [message for (text,) in batches for message in orjson.loads(text)] if batches else None
        )

    def conversations(self, having: str = "", limit: int = -1, offset: int = 0) -> dict[str, int]:
        """How many messages each conversation has whose id holds that text, latest first."""
        return dict(
            self._database.execute(
                "SELECT id, messages FROM conversations WHERE instr(id, ?) > 0 "
                "ORDER BY number DESC LIMIT ? OFFSET ?",
                (having, limit, offset),
            )
        )

    def counts(self) -> dict[str, int]:
        """How many conversations, messages and batches are held."""
        conversations, messages = self._database.execute(
            "SELECT count(*), coalesce(sum(messages), 0) FROM conversations"
        ).fetchone()
        (batches,) = self._database.execute("SELECT count(*) FROM batches").fetchone()
        return {"conversations": conversations, "messages": messages, "batches": batches}

    def duplicates(self) -> dict[str, int]:
        """How many messages too many each conversation holds, of those that hold one twice."""
        return dict(
            self._database.execute(
                "SELECT id, sum(copies - 1) FROM copies JOIN conversations "
                "ON conversations.number = conversation WHERE copies > 1 GROUP BY id ORDER BY id"
            )
        )

    def clear(self) -> None:
        """Forget everything."""
        self._database.executescript(
            "BEGIN; DELETE FROM copies; DELETE FROM batches; DELETE FROM conversations; COMMIT;"
        )


def _digest(message: Any) -> bytes:
    return blake2b(orjson.dumps(message, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()
