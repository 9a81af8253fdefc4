-- The schema of a new store. Made from the migrations: `cargo test -p holdfast-store a_new_store` rewrites it.
CREATE TABLE budgets (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    nanos   INTEGER,
    tokens  INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE clock (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at INTEGER NOT NULL
) STRICT;
CREATE TABLE clock_jumps (
    seq     INTEGER PRIMARY KEY,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE conversations (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    provider   TEXT,
    model      TEXT,
    rev        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
, pinned INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0, removed_at INTEGER, importing INTEGER NOT NULL DEFAULT 0, erasing INTEGER NOT NULL DEFAULT 0, stored_bytes INTEGER NOT NULL DEFAULT 0, stored_rows INTEGER NOT NULL DEFAULT 0, settings TEXT, project_id BLOB REFERENCES projects (id) ON DELETE SET NULL) STRICT;
CREATE TABLE currency (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    code TEXT NOT NULL
) STRICT;
CREATE TABLE default_budgets (
    of     TEXT PRIMARY KEY CHECK (of IN ('guest', 'account')),
    nanos  INTEGER,
    tokens INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE file_contents (
    id            INTEGER PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash          BLOB NOT NULL,
    bytes         INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'reading', 'ready', 'failed')),
    page          INTEGER NOT NULL DEFAULT 0,
    pages         INTEGER,
    problems      TEXT NOT NULL DEFAULT '[]',
    derived_bytes INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    UNIQUE (user_id, hash)
) STRICT;
CREATE TABLE file_pages (
    content_id INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    page       INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (content_id, page)
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    content_id INTEGER REFERENCES file_contents (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE invitations (
    id           BLOB PRIMARY KEY,
    hash         BLOB NOT NULL UNIQUE,
    note         TEXT NOT NULL,
    uses         INTEGER NOT NULL,          -- how many accounts may be made with it
    used         INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    gains TEXT NOT NULL
, steps TEXT) STRICT;
CREATE TABLE limits (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE links (
    hash       BLOB PRIMARY KEY,
    user_id    BLOB UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
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
    details         TEXT, steps TEXT,                 -- JSON: error, usage, sources
    UNIQUE (owner_id, id)
) STRICT;
CREATE TABLE month_usage (
    user_id          BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    month            INTEGER NOT NULL,
    provider         TEXT NOT NULL,
    model            TEXT NOT NULL,
    currency         TEXT NOT NULL,
    answers          INTEGER NOT NULL,
    input_tokens     INTEGER NOT NULL,
    cached_tokens    INTEGER NOT NULL,
    output_tokens    INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost             INTEGER NOT NULL,
    estimated        INTEGER NOT NULL,
    PRIMARY KEY (user_id, month, provider, model, currency)
) STRICT, WITHOUT ROWID;
CREATE TABLE own_keys (
    user_id     BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id BLOB NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    key         BLOB NOT NULL,
    created_at  INTEGER NOT NULL, origin TEXT,
    PRIMARY KEY (user_id, provider_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE passages (
    id         INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    page       INTEGER NOT NULL,
    location   TEXT NOT NULL,
    heading    TEXT,
    body       TEXT NOT NULL,
    boxes      TEXT NOT NULL
) STRICT;
CREATE TABLE prices (
    provider     TEXT NOT NULL,
    model        TEXT NOT NULL,
    since        INTEGER NOT NULL,
    input        INTEGER NOT NULL,
    cached_input INTEGER,
    output       INTEGER NOT NULL,
    PRIMARY KEY (provider, model, since)
) STRICT, WITHOUT ROWID;
CREATE TABLE project_files (
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    file_id    BLOB NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, file_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE projects (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    settings   TEXT,
    provider   TEXT,
    model      TEXT,
    archived   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE providers (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    url        TEXT,
    key        BLOB,
    own_keys   INTEGER NOT NULL,        -- whether users may bring keys of their own
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
    hash    BLOB NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE reservations (
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    answer_id     BLOB NOT NULL,
    month         INTEGER NOT NULL,
    provider      TEXT NOT NULL,
    model         TEXT NOT NULL,
    currency      TEXT NOT NULL,
    input_price   INTEGER NOT NULL,
    cached_price  INTEGER,
    output_price  INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    begun_with    INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    PRIMARY KEY (user_id, answer_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE revisions (
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    rev             INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, rev)
) STRICT, WITHOUT ROWID;
CREATE TABLE "revocations" (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BLOB NOT NULL,
    reason     TEXT NOT NULL
, stop_answers INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE second_factors (
    user_id    BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret     BLOB NOT NULL,
    in_force   INTEGER NOT NULL DEFAULT 0,
    last_step  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE server_settings (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    id            BLOB PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cookie_hash   BLOB NOT NULL UNIQUE,
    previous_hash BLOB,
    rotated_at    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER
, device TEXT NOT NULL DEFAULT '', family_hash BLOB, proved_at INTEGER) STRICT;
CREATE TABLE shares (
    id              BLOB PRIMARY KEY,
    hash            BLOB NOT NULL UNIQUE,
    user_id         BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id      BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE TABLE storage (
    user_id       BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    bytes         INTEGER NOT NULL DEFAULT 0,
    rows          INTEGER NOT NULL DEFAULT 0,
    removed_bytes INTEGER NOT NULL DEFAULT 0,
    removed_rows  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE storage_total (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    bytes         INTEGER NOT NULL,
    removed_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE titles (
    seq             INTEGER PRIMARY KEY,
    conversation_id BLOB NOT NULL UNIQUE REFERENCES conversations (id) ON DELETE CASCADE,
    owner           TEXT NOT NULL,        -- as a word, so that the index itself keeps people apart
    title           TEXT NOT NULL
) STRICT;
CREATE TABLE unindexed (
    n     INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL UNIQUE,
    owner TEXT NOT NULL
) STRICT;
CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT UNIQUE,            -- lower case, for looking up; none for guests
    password_hash TEXT,                   -- PHC string; none for guests
    role          TEXT NOT NULL,
    created_at    INTEGER NOT NULL
, suspended_at INTEGER, suspended_reason TEXT, removed INTEGER NOT NULL DEFAULT 0, settings TEXT) STRICT;
CREATE TABLE "visibilities" (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    visible_to TEXT NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE passage_index USING fts5 (
    scope, content, extra, parts, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '#$%+.@'"
);
CREATE VIRTUAL TABLE search_index USING fts5 (
    owner, content, extra,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '#$%+.@'", prefix = '1 2 3'
);
CREATE VIRTUAL TABLE search_parts USING fts5 (owner, parts, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
CREATE INDEX administrators ON users (role) WHERE role = 'admin';
CREATE INDEX conversations_archived ON conversations (user_id, updated_at DESC, id DESC) WHERE archived = 1;
CREATE INDEX conversations_by_user ON conversations (user_id, updated_at DESC, id DESC);
CREATE INDEX conversations_erasing ON conversations (erasing) WHERE erasing = 1;
CREATE INDEX conversations_listed ON conversations (user_id, updated_at DESC, id DESC) WHERE archived = 0 AND removed_at IS NULL;
CREATE INDEX conversations_of_project ON conversations (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX conversations_pinned ON conversations (user_id, updated_at DESC, id DESC) WHERE pinned = 1;
CREATE INDEX conversations_removed ON conversations (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX conversations_removed_of ON conversations (user_id, removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX file_contents_unread ON file_contents (id) WHERE state IN ('queued', 'reading');
CREATE INDEX files_of ON files (user_id, id);
CREATE INDEX files_unfinished ON files (expires_at) WHERE content_id IS NULL;
CREATE INDEX files_with ON files (content_id);
CREATE INDEX guests_by_age ON users (created_at) WHERE role = 'guest';
CREATE INDEX identities_by_user ON identities (user_id);
CREATE INDEX messages_by_conversation ON messages (conversation_id, rev);
CREATE INDEX messages_by_time ON messages (conversation_id, created_at);
CREATE INDEX messages_unfinished ON messages (conversation_id) WHERE status = 'streaming';
CREATE INDEX month_usage_by_month ON month_usage (month);
CREATE INDEX own_keys_by_provider ON own_keys (provider_id);
CREATE INDEX passages_of ON passages (content_id, id);
CREATE INDEX project_files_with ON project_files (file_id);
CREATE INDEX projects_of ON projects (user_id);
CREATE INDEX projects_removed ON projects (removed_at) WHERE removed_at IS NOT NULL;
CREATE UNIQUE INDEX sessions_by_family ON sessions (family_hash) WHERE family_hash IS NOT NULL;
CREATE INDEX sessions_by_previous ON sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX sessions_by_use ON sessions (user_id, rotated_at);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX shares_by_conversation ON shares (conversation_id);
CREATE INDEX shares_by_user ON shares (user_id, id);
CREATE INDEX unindexed_of ON unindexed (owner, n);
CREATE INDEX users_removed ON users (removed) WHERE removed = 1;
CREATE TRIGGER conversation_retitled AFTER UPDATE OF title ON conversations BEGIN
    UPDATE titles SET title = new.title WHERE conversation_id = new.id;
END;
CREATE TRIGGER conversation_settings_stored AFTER UPDATE OF settings ON conversations BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes + coalesce(length(CAST(new.settings AS BLOB)), 0) - coalesce(length(CAST(old.settings AS BLOB)), 0)
    WHERE id = new.id;
END;
CREATE TRIGGER conversation_storage_changed
AFTER UPDATE OF stored_bytes, stored_rows, removed_at, importing ON conversations BEGIN
    UPDATE storage SET
        bytes = bytes + new.stored_bytes - old.stored_bytes,
        rows = rows + new.stored_rows - old.stored_rows,
        removed_bytes = removed_bytes + iif(new.removed_at IS NOT NULL AND new.importing = 0, new.stored_bytes, 0)
            - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_bytes, 0),
        removed_rows = removed_rows + iif(new.removed_at IS NOT NULL AND new.importing = 0, new.stored_rows, 0)
            - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_rows, 0)
    WHERE user_id = new.user_id;
END;
CREATE TRIGGER conversation_storage_gone AFTER DELETE ON conversations BEGIN
    UPDATE storage SET
        bytes = bytes - old.stored_bytes,
        rows = rows - old.stored_rows,
        removed_bytes = removed_bytes - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_bytes, 0),
        removed_rows = removed_rows - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_rows, 0)
    WHERE user_id = old.user_id;
END;
CREATE TRIGGER conversation_stored AFTER INSERT ON conversations BEGIN
    UPDATE conversations SET stored_bytes = 512 + length(CAST(new.title AS BLOB)), stored_rows = 1 WHERE id = new.id;
END;
CREATE TRIGGER conversation_title_stored AFTER UPDATE OF title ON conversations WHEN new.title <> old.title BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes + length(CAST(new.title AS BLOB)) - length(CAST(old.title AS BLOB))
    WHERE id = new.id;
END;
CREATE TRIGGER conversation_titled AFTER INSERT ON conversations BEGIN
    INSERT INTO titles (conversation_id, owner, title) VALUES (new.id, hex(new.user_id), new.title);
END;
CREATE TRIGGER file_content_storage_changed AFTER UPDATE OF derived_bytes ON file_contents BEGIN
    UPDATE storage SET bytes = bytes + new.derived_bytes - old.derived_bytes WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_content_storage_gone AFTER DELETE ON file_contents BEGIN
    UPDATE storage SET bytes = bytes - 512 - old.bytes - old.derived_bytes, rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER file_content_stored AFTER INSERT ON file_contents BEGIN
    UPDATE storage SET bytes = bytes + 512 + new.bytes + new.derived_bytes, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_storage_changed AFTER UPDATE OF content_id, bytes ON files BEGIN
    UPDATE storage SET bytes = bytes + iif(new.content_id IS NULL, new.bytes, 0) - iif(old.content_id IS NULL, old.bytes, 0)
    WHERE user_id = new.user_id;
END;
CREATE TRIGGER file_storage_gone AFTER DELETE ON files BEGIN
    UPDATE storage SET bytes = bytes - 512 - iif(old.content_id IS NULL, old.bytes, 0), rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER file_stored AFTER INSERT ON files BEGIN
    UPDATE storage SET bytes = bytes + 512 + iif(new.content_id IS NULL, new.bytes, 0), rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER message_storage_changed AFTER UPDATE OF content, details, status, steps ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes
            + iif(new.status = 'streaming', 0, length(CAST(new.content AS BLOB)) + coalesce(length(CAST(new.steps AS BLOB)), 0))
            + coalesce(length(CAST(new.details AS BLOB)), 0)
            - iif(old.status = 'streaming', 0, length(CAST(old.content AS BLOB)) + coalesce(length(CAST(old.steps AS BLOB)), 0))
            - coalesce(length(CAST(old.details AS BLOB)), 0)
    WHERE id = new.conversation_id;
END;
CREATE TRIGGER message_storage_gone AFTER DELETE ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes - 512
            - iif(old.status = 'streaming', 0, length(CAST(old.content AS BLOB)) + coalesce(length(CAST(old.steps AS BLOB)), 0))
            - coalesce(length(CAST(old.details AS BLOB)), 0),
        stored_rows = stored_rows - 1
    WHERE id = old.conversation_id;
END;
CREATE TRIGGER message_stored AFTER INSERT ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes + 512
            + iif(new.status = 'streaming', 0, length(CAST(new.content AS BLOB)) + coalesce(length(CAST(new.steps AS BLOB)), 0))
            + coalesce(length(CAST(new.details AS BLOB)), 0),
        stored_rows = stored_rows + 1
    WHERE id = new.conversation_id;
END;
CREATE TRIGGER own_key_storage_changed AFTER UPDATE OF key ON own_keys BEGIN
    UPDATE storage SET bytes = bytes + length(CAST(new.key AS BLOB)) - length(CAST(old.key AS BLOB)) WHERE user_id = new.user_id;
END;
CREATE TRIGGER own_key_storage_gone AFTER DELETE ON own_keys BEGIN
    UPDATE storage SET bytes = bytes - 512 - length(CAST(old.key AS BLOB)), rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER own_key_stored AFTER INSERT ON own_keys BEGIN
    UPDATE storage SET bytes = bytes + 512 + length(CAST(new.key AS BLOB)), rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER passage_gone AFTER DELETE ON passages BEGIN
    DELETE FROM passage_index WHERE rowid = old.id;
END;
CREATE TRIGGER project_storage_changed AFTER UPDATE OF name, settings ON projects BEGIN
    UPDATE storage SET
        bytes = bytes + length(CAST(new.name AS BLOB)) + coalesce(length(CAST(new.settings AS BLOB)), 0)
            - length(CAST(old.name AS BLOB)) - coalesce(length(CAST(old.settings AS BLOB)), 0)
    WHERE user_id = new.user_id;
END;
CREATE TRIGGER project_storage_gone AFTER DELETE ON projects BEGIN
    UPDATE storage SET
        bytes = bytes - 512 - length(CAST(old.name AS BLOB)) - coalesce(length(CAST(old.settings AS BLOB)), 0),
        rows = rows - 1
    WHERE user_id = old.user_id;
END;
CREATE TRIGGER project_stored AFTER INSERT ON projects BEGIN
    UPDATE storage SET
        bytes = bytes + 512 + length(CAST(new.name AS BLOB)) + coalesce(length(CAST(new.settings AS BLOB)), 0),
        rows = rows + 1
    WHERE user_id = new.user_id;
END;
CREATE TRIGGER revision_storage_gone AFTER DELETE ON revisions BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes - 64 WHERE id = old.conversation_id;
END;
CREATE TRIGGER revision_stored AFTER INSERT ON revisions BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes + 64 WHERE id = new.conversation_id;
END;
CREATE TRIGGER session_storage_gone AFTER DELETE ON sessions BEGIN
    UPDATE storage SET bytes = bytes - 512, rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER session_stored AFTER INSERT ON sessions BEGIN
    UPDATE storage SET bytes = bytes + 512, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER share_storage_gone AFTER DELETE ON shares BEGIN
    UPDATE storage SET bytes = bytes - 512, rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER share_stored AFTER INSERT ON shares BEGIN
    UPDATE storage SET bytes = bytes + 512, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER storage_added AFTER INSERT ON storage BEGIN
    UPDATE storage_total SET bytes = bytes + new.bytes, removed_bytes = removed_bytes + new.removed_bytes;
END;
CREATE TRIGGER storage_begun AFTER INSERT ON users BEGIN
    INSERT INTO storage (user_id) VALUES (new.id);
END;
CREATE TRIGGER storage_changed AFTER UPDATE OF bytes, removed_bytes ON storage BEGIN
    UPDATE storage_total SET
        bytes = bytes + new.bytes - old.bytes,
        removed_bytes = removed_bytes + new.removed_bytes - old.removed_bytes;
END;
CREATE TRIGGER storage_gone AFTER DELETE ON storage BEGIN
    UPDATE storage_total SET bytes = bytes - old.bytes, removed_bytes = removed_bytes - old.removed_bytes;
END;
CREATE TRIGGER text_changed AFTER UPDATE OF content, status ON messages WHEN old.status <> 'streaming' OR new.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = new.seq;
    INSERT INTO unindexed (place, owner) VALUES (new.seq, hex(new.owner_id));
END;
CREATE TRIGGER text_gone AFTER DELETE ON messages WHEN old.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = old.seq;
    INSERT INTO unindexed (place, owner) VALUES (old.seq, hex(old.owner_id));
END;
CREATE TRIGGER text_made AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = new.seq;
    INSERT INTO unindexed (place, owner) VALUES (new.seq, hex(new.owner_id));
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title ON titles BEGIN
    DELETE FROM unindexed WHERE place = -new.seq;
    INSERT INTO unindexed (place, owner) VALUES (-new.seq, new.owner);
END;
CREATE TRIGGER title_gone AFTER DELETE ON titles BEGIN
    DELETE FROM unindexed WHERE place = -old.seq;
    INSERT INTO unindexed (place, owner) VALUES (-old.seq, old.owner);
END;
CREATE TRIGGER title_made AFTER INSERT ON titles BEGIN
    DELETE FROM unindexed WHERE place = -new.seq;
    INSERT INTO unindexed (place, owner) VALUES (-new.seq, new.owner);
END;
CREATE TRIGGER user_settings_stored AFTER UPDATE OF settings ON users BEGIN
    UPDATE storage SET
        bytes = bytes + coalesce(length(CAST(new.settings AS BLOB)), 0) - coalesce(length(CAST(old.settings AS BLOB)), 0)
    WHERE user_id = new.id;
END;
INSERT INTO storage_total VALUES (1, 0, 0);
