-- Files of users. Equal contents of a user's files are one content: its bytes are kept once, and read once.

CREATE TABLE file_contents (
    id            INTEGER PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the bytes, and how many they are.
    hash          BLOB NOT NULL,
    bytes         INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'reading', 'ready', 'failed')),
    -- The last page that was read; 0 if none was. The number of pages, if it is known.
    page          INTEGER NOT NULL DEFAULT 0,
    pages         INTEGER,
    -- What could not be read, as JSON.
    problems      TEXT NOT NULL DEFAULT '[]',
    -- Bytes of what was read.
    derived_bytes INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    UNIQUE (user_id, hash)
) STRICT;
CREATE INDEX file_contents_unread ON file_contents (id) WHERE state IN ('queued', 'reading');

CREATE TABLE files (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    -- NULL until all bytes have arrived.
    content_id INTEGER REFERENCES file_contents (id),
    -- Unfinished uploads are removed then.
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_of ON files (user_id, id);
CREATE INDEX files_with ON files (content_id);
CREATE INDEX files_unfinished ON files (expires_at) WHERE content_id IS NULL;

-- What was read, as JSON.
CREATE TABLE file_pages (
    content_id INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    page       INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (content_id, page)
) STRICT, WITHOUT ROWID;

-- Files count in their user's storage: each with 512 bytes, an unfinished upload with the length that it will have, and each content with
-- its bytes and what was read from it.
CREATE TRIGGER file_stored AFTER INSERT ON files BEGIN
    UPDATE storage SET bytes = bytes + 512 + iif(new.content_id IS NULL, new.bytes, 0), rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_storage_changed AFTER UPDATE OF content_id, bytes ON files BEGIN
    UPDATE storage SET bytes = bytes + iif(new.content_id IS NULL, new.bytes, 0) - iif(old.content_id IS NULL, old.bytes, 0)
    WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_storage_gone AFTER DELETE ON files BEGIN
    UPDATE storage SET bytes = bytes - 512 - iif(old.content_id IS NULL, old.bytes, 0), rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER file_content_stored AFTER INSERT ON file_contents BEGIN
    UPDATE storage SET bytes = bytes + 512 + new.bytes + new.derived_bytes, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_content_storage_changed AFTER UPDATE OF derived_bytes ON file_contents BEGIN
    UPDATE storage SET bytes = bytes + new.derived_bytes - old.derived_bytes WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_content_storage_gone AFTER DELETE ON file_contents BEGIN
    UPDATE storage SET bytes = bytes - 512 - old.bytes - old.derived_bytes, rows = rows - 1 WHERE user_id = old.user_id;
END;
