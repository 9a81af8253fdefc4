-- Ids are UUIDs as 16 bytes. Times are milliseconds since 1970.

CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT UNIQUE,            -- lower case, for looking up; none for guests
    password_hash TEXT,                   -- PHC string; none for guests
    role          TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- A signed-in browser. The cookie is stored hashed; the hash before the last rotation is kept, so
-- that two tabs that refresh at once both go on.
CREATE TABLE sessions (
    id            BLOB PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cookie_hash   BLOB NOT NULL UNIQUE,
    previous_hash BLOB,
    rotated_at    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;

CREATE TABLE conversations (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    provider   TEXT,
    model      TEXT,
    rev        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_by_user ON conversations (user_id, updated_at DESC, id DESC);

-- Every revision that was ever given out. A cursor that is not here is of another store: of the
-- future that a restored backup has undone, or of nobody.
CREATE TABLE revisions (
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    rev             INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    seq             INTEGER PRIMARY KEY,
    id              BLOB NOT NULL,
    owner_id        BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id       BLOB,
    role            TEXT NOT NULL,
    content         TEXT NOT NULL,
    status          TEXT NOT NULL,
    provider        TEXT,
    model           TEXT,
    created_at      INTEGER NOT NULL,
    rev             INTEGER NOT NULL,
    details         TEXT,                 -- JSON: error, usage, sources
    -- The client makes the ids of its messages: they are unique for it, not for the world.
    UNIQUE (owner_id, id)
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id, rev);
CREATE INDEX messages_unfinished ON messages (status) WHERE status = 'streaming';

-- What running answers have gained, one row a tick for all of them: JSON [[answer, at, text], …].
-- An answer's text moves into `messages` when it ends, or at the next start.
CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    gains TEXT NOT NULL
) STRICT;
