"""What a ledger keeps of a snapshot; it gets these tables when the first one is imported."""

from __future__ import annotations

VERSION = 2
"""The form of a ledger that has these tables."""

SCHEMA = (
    """CREATE TABLE snapshot_files (
    path TEXT PRIMARY KEY CHECK (typeof(path) = 'text'),
    size INTEGER NOT NULL CHECK (typeof(size) = 'integer'),
    changed_at INTEGER NOT NULL CHECK (typeof(changed_at) = 'integer'),
    footer BLOB NOT NULL CHECK (typeof(footer) = 'blob'),
    requests INTEGER NOT NULL CHECK (typeof(requests) = 'integer')
) WITHOUT ROWID""",
    """CREATE TABLE settled_groups (
    path TEXT NOT NULL CHECK (typeof(path) = 'text'),
    number INTEGER NOT NULL CHECK (typeof(number) = 'integer'),
    first_row INTEGER NOT NULL CHECK (typeof(first_row) = 'integer'),
    last_row INTEGER NOT NULL CHECK (typeof(last_row) = 'integer'),
    messages INTEGER NOT NULL CHECK (typeof(messages) = 'integer'),
    invalid INTEGER NOT NULL CHECK (typeof(invalid) = 'integer'),
    refused INTEGER NOT NULL CHECK (typeof(refused) = 'integer'),
    PRIMARY KEY (path, number)
) WITHOUT ROWID""",
    f"PRAGMA user_version = {VERSION}",
)
INSERT_FILE = "INSERT OR IGNORE INTO snapshot_files VALUES (?, ?, ?, ?, ?)"
INSERT_GROUP = "INSERT OR REPLACE INTO settled_groups VALUES (?, ?, ?, ?, ?, ?, ?)"
IS_UNSETTLED = """
    NOT EXISTS (
        SELECT * FROM settled_groups WHERE path = content ->> '$.file'
        AND content ->> '$.row' BETWEEN first_row AND last_row
    )
"""
"""Of a reject: whether it will be noted again, for its row group will be read again."""
