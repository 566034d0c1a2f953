PRAGMA application_id = 1095978055;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
) WITHOUT ROWID;
INSERT INTO "conversations" VALUES('01HNE48VMKNZ0B0SG3CEFV24WA',9,5,X'57936DAFD700018CCA2EB029BF614454',9,X'6896F3F30927A16B0BD4EB95D69B885F',1,'[]',X'B7A4E31F79B4130171FD51777FD55EBEC4126DAEA85878F8C60466549FAD3A85',5,0,'in_doubt','POST /conversation/v1/conversations/01HNE48VMKNZ0B0SG3CEFV24WA/messages/batch: no answer from api.sandbox.asapp.com (ReadError: the answer is lost) (1 attempt). It may have been carried out.');
INSERT INTO "conversations" VALUES('01HNE48VMKNZ0B0SG3CEFV24WB',9,9,X'B8E519F0253B90AAA86AB02821F1FC87',9,X'',0,'[]',X'A79C12E2499AB9A121268A41DC503088CF7635C3B6B915CCD93D585A6E5D89848F38243105A013CD36C0886C3FBF83CDFAD6370BE0BD1C0FE2EEA051B4F93CD1',9,0,'finished',NULL);
INSERT INTO "conversations" VALUES('01HNE48VMKNZ0B0SG3CEFV24WC',9,0,X'',5,X'6E773F3CB3B2081AD8F53C38B05ECF3C',0,'[]',X'',0,0,'open',NULL);
CREATE TABLE days (
    day TEXT PRIMARY KEY CHECK (typeof(day) = 'text'),
    requests INTEGER NOT NULL CHECK (typeof(requests) = 'integer' AND requests >= 0)
) WITHOUT ROWID;
INSERT INTO "days" VALUES('2026-01-01',4);
CREATE TABLE files (path TEXT PRIMARY KEY CHECK (typeof(path) = 'text')) WITHOUT ROWID;
INSERT INTO "files" VALUES('export.jsonl');
CREATE TABLE import (
    base_url TEXT NOT NULL CHECK (typeof(base_url) = 'text'),
    api_id TEXT NOT NULL CHECK (typeof(api_id) = 'text'),
    max_body INTEGER CHECK (max_body IS NULL OR typeof(max_body) = 'integer' AND max_body > 0),
    rejects_digest TEXT
);
INSERT INTO "import" VALUES('https://api.sandbox.asapp.com/','id-1',NULL,NULL);
CREATE TABLE rejects (
    conversation_id TEXT, position INTEGER,
    reason TEXT NOT NULL CHECK (typeof(reason) = 'text'),
    content TEXT NOT NULL CHECK (content GLOB '{*}'),
    UNIQUE (conversation_id, position)
);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    started REAL NOT NULL CHECK (started BETWEEN 0 AND 253402300799),
    sent_by TEXT NOT NULL CHECK (typeof(sent_by) = 'text'),
    ended REAL CHECK (ended BETWEEN 0 AND 253402300799),
    stopped_by TEXT CHECK (typeof(stopped_by) IN ('null', 'text')),
    resume_at REAL CHECK (resume_at BETWEEN 0 AND 253402300799),
    unsent INTEGER NOT NULL DEFAULT 0 CHECK (typeof(unsent) = 'integer' AND unsent >= 0),
    daily_limit INTEGER CHECK (typeof(daily_limit) IN ('null', 'integer'))
);
INSERT INTO "runs" VALUES(1,0.0,'',1.0,'daily_limit',2.0,9,4);
CREATE INDEX unfinished ON conversations (status) WHERE status != 'finished';
COMMIT;
