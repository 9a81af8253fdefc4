-- Settings of answers, one JSON text a level, so that a new setting needs no column. NULL means that none is set.
ALTER TABLE users ADD COLUMN settings TEXT;
ALTER TABLE conversations ADD COLUMN settings TEXT;
CREATE TABLE server_settings (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL
) STRICT;

-- Conversations of a matter, with settings and a model of their own. A removed project can be restored until it is erased.
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
CREATE INDEX projects_of ON projects (user_id);
CREATE INDEX projects_removed ON projects (removed_at) WHERE removed_at IS NOT NULL;
ALTER TABLE conversations ADD COLUMN project_id BLOB REFERENCES projects (id) ON DELETE SET NULL;
CREATE INDEX conversations_of_project ON conversations (project_id) WHERE project_id IS NOT NULL;

-- All of it counts towards the quota of its user.
CREATE TRIGGER conversation_settings_stored AFTER UPDATE OF settings ON conversations BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes + coalesce(length(CAST(new.settings AS BLOB)), 0) - coalesce(length(CAST(old.settings AS BLOB)), 0)
    WHERE id = new.id;
END;
CREATE TRIGGER user_settings_stored AFTER UPDATE OF settings ON users BEGIN
    UPDATE storage SET
        bytes = bytes + coalesce(length(CAST(new.settings AS BLOB)), 0) - coalesce(length(CAST(old.settings AS BLOB)), 0)
    WHERE user_id = new.id;
END;
CREATE TRIGGER project_stored AFTER INSERT ON projects BEGIN
    UPDATE storage SET
        bytes = bytes + 512 + length(CAST(new.name AS BLOB)) + coalesce(length(CAST(new.settings AS BLOB)), 0),
        rows = rows + 1
    WHERE user_id = new.user_id;
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
