-- A barred user is let in nowhere, and told why.
ALTER TABLE users ADD COLUMN barred_at INTEGER;
ALTER TABLE users ADD COLUMN barred_reason TEXT;
CREATE INDEX administrators ON users (role) WHERE role = 'admin';

-- Links that do one thing, once: make the first administrator (without a user), or give a user a
-- new password. Only a hash of what is in the link is kept.
CREATE TABLE links (
    hash       BLOB PRIMARY KEY,
    user_id    BLOB UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE invitations (
    id           BLOB PRIMARY KEY,
    hash         BLOB NOT NULL UNIQUE,
    note         TEXT NOT NULL,
    uses         INTEGER NOT NULL,          -- how many accounts may be made with it
    used         INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

-- What another process (`holdfast user …`) did to a user while the server runs: the server looks
-- here every second and ends what is open. Cleared at the start, for then nothing is open.
CREATE TABLE endings (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BLOB NOT NULL,
    why     TEXT NOT NULL
) STRICT;
