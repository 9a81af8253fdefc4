-- How much each user stores. Triggers keep the counters in step, in the transaction of what changes, so that a quota is checked
-- at the same cost however much there is. Each row counts 512 bytes besides its texts: what SQLite and its indexes need for it.

-- What a conversation takes with its messages: bytes, and rows.
ALTER TABLE conversations ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN stored_rows INTEGER NOT NULL DEFAULT 0;
-- Whose removed conversations are forgotten first.
CREATE INDEX conversations_removed_of ON conversations (user_id, removed_at) WHERE removed_at IS NOT NULL;

-- `bytes` and `rows` count everything; `removed_bytes` and `removed_rows` what of it lies in removed conversations.
CREATE TABLE storage (
    user_id       BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    bytes         INTEGER NOT NULL DEFAULT 0,
    rows          INTEGER NOT NULL DEFAULT 0,
    removed_bytes INTEGER NOT NULL DEFAULT 0,
    removed_rows  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

UPDATE conversations SET
    stored_bytes = 512 + octet_length(title)
        + 64 * (SELECT count(*) FROM revisions WHERE conversation_id = conversations.id)
        + coalesce((SELECT sum(512 + iif(status = 'streaming', 0, octet_length(content)) + coalesce(octet_length(details), 0))
                    FROM messages WHERE conversation_id = conversations.id), 0),
    stored_rows = 1 + (SELECT count(*) FROM messages WHERE conversation_id = conversations.id);
INSERT INTO storage (user_id, bytes, rows, removed_bytes, removed_rows)
    SELECT users.id,
        coalesce((SELECT sum(stored_bytes) FROM conversations WHERE user_id = users.id), 0)
            + 512 * (SELECT count(*) FROM shares WHERE user_id = users.id)
            + 512 * (SELECT count(*) FROM sessions WHERE user_id = users.id)
            + coalesce((SELECT sum(512 + octet_length(key)) FROM own_keys WHERE user_id = users.id), 0),
        coalesce((SELECT sum(stored_rows) FROM conversations WHERE user_id = users.id), 0)
            + (SELECT count(*) FROM shares WHERE user_id = users.id)
            + (SELECT count(*) FROM sessions WHERE user_id = users.id)
            + (SELECT count(*) FROM own_keys WHERE user_id = users.id),
        coalesce((SELECT sum(stored_bytes) FROM conversations WHERE user_id = users.id AND removed_at IS NOT NULL AND importing = 0), 0),
        coalesce((SELECT sum(stored_rows) FROM conversations WHERE user_id = users.id AND removed_at IS NOT NULL AND importing = 0), 0)
    FROM users;

-- And what all of them store together.
CREATE TABLE storage_total (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    bytes         INTEGER NOT NULL,
    removed_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO storage_total (id, bytes, removed_bytes) SELECT 1, coalesce(sum(bytes), 0), coalesce(sum(removed_bytes), 0) FROM storage;
CREATE TRIGGER storage_added AFTER INSERT ON storage BEGIN
    UPDATE storage_total SET bytes = bytes + new.bytes, removed_bytes = removed_bytes + new.removed_bytes;
END;
CREATE TRIGGER storage_changed AFTER UPDATE OF bytes, removed_bytes ON storage BEGIN
    UPDATE storage_total SET
        bytes = bytes + new.bytes - old.bytes,
        removed_bytes = removed_bytes + new.removed_bytes - old.removed_bytes;
END;
CREATE TRIGGER storage_gone AFTER DELETE ON storage BEGIN
    UPDATE storage_total SET bytes = bytes - old.bytes, removed_bytes = removed_bytes - old.removed_bytes;
END;

CREATE TRIGGER storage_begun AFTER INSERT ON users BEGIN
    INSERT INTO storage (user_id) VALUES (new.id);
END;

-- A conversation's own counters go into its user's. One that is imported and not whole yet is no removed one.
CREATE TRIGGER conversation_stored AFTER INSERT ON conversations BEGIN
    UPDATE conversations SET stored_bytes = 512 + length(CAST(new.title AS BLOB)), stored_rows = 1 WHERE id = new.id;
END;
CREATE TRIGGER conversation_title_stored AFTER UPDATE OF title ON conversations WHEN new.title <> old.title BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes + length(CAST(new.title AS BLOB)) - length(CAST(old.title AS BLOB))
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
-- The messages of a conversation that is deleted go with it: they find no conversation to count for any more.
CREATE TRIGGER conversation_storage_gone AFTER DELETE ON conversations BEGIN
    UPDATE storage SET
        bytes = bytes - old.stored_bytes,
        rows = rows - old.stored_rows,
        removed_bytes = removed_bytes - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_bytes, 0),
        removed_rows = removed_rows - iif(old.removed_at IS NOT NULL AND old.importing = 0, old.stored_rows, 0)
    WHERE user_id = old.user_id;
END;

-- The text of an answer that is being written counts at its end: until then the server counts it in memory.
CREATE TRIGGER message_stored AFTER INSERT ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes + 512
            + iif(new.status = 'streaming', 0, length(CAST(new.content AS BLOB))) + coalesce(length(CAST(new.details AS BLOB)), 0),
        stored_rows = stored_rows + 1
    WHERE id = new.conversation_id;
END;
CREATE TRIGGER message_storage_changed AFTER UPDATE OF content, details, status ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes
            + iif(new.status = 'streaming', 0, length(CAST(new.content AS BLOB))) + coalesce(length(CAST(new.details AS BLOB)), 0)
            - iif(old.status = 'streaming', 0, length(CAST(old.content AS BLOB))) - coalesce(length(CAST(old.details AS BLOB)), 0)
    WHERE id = new.conversation_id;
END;
CREATE TRIGGER message_storage_gone AFTER DELETE ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes - 512
            - iif(old.status = 'streaming', 0, length(CAST(old.content AS BLOB))) - coalesce(length(CAST(old.details AS BLOB)), 0),
        stored_rows = stored_rows - 1
    WHERE id = old.conversation_id;
END;
-- Going on with one answer again and again makes no message, but revisions.
CREATE TRIGGER revision_stored AFTER INSERT ON revisions BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes + 64 WHERE id = new.conversation_id;
END;
CREATE TRIGGER revision_storage_gone AFTER DELETE ON revisions BEGIN
    UPDATE conversations SET stored_bytes = stored_bytes - 64 WHERE id = old.conversation_id;
END;

CREATE TRIGGER share_stored AFTER INSERT ON shares BEGIN
    UPDATE storage SET bytes = bytes + 512, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER share_storage_gone AFTER DELETE ON shares BEGIN
    UPDATE storage SET bytes = bytes - 512, rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER session_stored AFTER INSERT ON sessions BEGIN
    UPDATE storage SET bytes = bytes + 512, rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER session_storage_gone AFTER DELETE ON sessions BEGIN
    UPDATE storage SET bytes = bytes - 512, rows = rows - 1 WHERE user_id = old.user_id;
END;
CREATE TRIGGER own_key_stored AFTER INSERT ON own_keys BEGIN
    UPDATE storage SET bytes = bytes + 512 + length(CAST(new.key AS BLOB)), rows = rows + 1 WHERE user_id = new.user_id;
END;
CREATE TRIGGER own_key_storage_changed AFTER UPDATE OF key ON own_keys BEGIN
    UPDATE storage SET bytes = bytes + length(CAST(new.key AS BLOB)) - length(CAST(old.key AS BLOB)) WHERE user_id = new.user_id;
END;
CREATE TRIGGER own_key_storage_gone AFTER DELETE ON own_keys BEGIN
    UPDATE storage SET bytes = bytes - 512 - length(CAST(old.key AS BLOB)), rows = rows - 1 WHERE user_id = old.user_id;
END;
