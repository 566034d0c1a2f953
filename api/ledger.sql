PRAGMA application_id = 1095978055;
PRAGMA user_version = 1;
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
    sent BLOB NOT NULL CHECK (typeof(sent) = 'blob' AND length(sent) % 32 = 0),
    stored INTEGER NOT NULL CHECK (typeof(stored) = 'integer' AND stored >= 0),
    already_stored INTEGER NOT NULL CHECK (
        typeof(already_stored) = 'integer' AND already_stored >= 0
    ),
    status TEXT NOT NULL CHECK (status IN ('open', 'finished', 'in_doubt', 'rejected', 'changed')),
    reason TEXT CHECK (typeof(reason) IN ('null', 'text')),
    CHECK (stored + already_stored <= done)
) WITHOUT ROWID
CREATE TABLE days (
    day TEXT PRIMARY KEY CHECK (typeof(day) = 'text'),
    requests INTEGER NOT NULL CHECK (typeof(requests) = 'integer' AND requests >= 0)
) WITHOUT ROWID
CREATE TABLE files (path TEXT PRIMARY KEY CHECK (typeof(path) = 'text')) WITHOUT ROWID
CREATE TABLE import (
    base_url TEXT NOT NULL CHECK (typeof(base_url) = 'text'),
    api_id TEXT NOT NULL CHECK (typeof(api_id) = 'text'),
    max_body INTEGER CHECK (max_body IS NULL OR typeof(max_body) = 'integer' AND max_body > 0),
    rejects_digest TEXT
)
CREATE TABLE rejects (
    conversation_id TEXT, position INTEGER,
    reason TEXT NOT NULL CHECK (typeof(reason) = 'text'),
    content TEXT NOT NULL CHECK (content GLOB '{*}'),
    UNIQUE (conversation_id, position)
)
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    started REAL NOT NULL CHECK (started BETWEEN 0 AND 253402300799),
    sent_by TEXT NOT NULL CHECK (typeof(sent_by) = 'text'),
    ended REAL CHECK (ended BETWEEN 0 AND 253402300799),
    stopped_by TEXT CHECK (typeof(stopped_by) IN ('null', 'text')),
    resume_at REAL CHECK (resume_at BETWEEN 0 AND 253402300799),
    unsent INTEGER NOT NULL DEFAULT 0 CHECK (typeof(unsent) = 'integer' AND unsent >= 0),
    daily_limit INTEGER CHECK (typeof(daily_limit) IN ('null', 'integer'))
)
CREATE INDEX unfinished ON conversations (status) WHERE status != 'finished'
