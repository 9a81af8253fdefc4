-- Steps of an answer: a JSON list of steps, or NULL if it has none. Like its text, what running answers gain of them goes into the journal
-- first: a JSON list [[answer, step], …], or NULL, so that an answer without steps costs nothing more.
ALTER TABLE messages ADD COLUMN steps TEXT;
ALTER TABLE journal ADD COLUMN steps TEXT;

-- They count for the quota like the text: until the answer ends, the server counts them in memory.
DROP TRIGGER message_stored;
DROP TRIGGER message_storage_changed;
DROP TRIGGER message_storage_gone;
CREATE TRIGGER message_stored AFTER INSERT ON messages BEGIN
    UPDATE conversations SET
        stored_bytes = stored_bytes + 512
            + iif(new.status = 'streaming', 0, length(CAST(new.content AS BLOB)) + coalesce(length(CAST(new.steps AS BLOB)), 0))
            + coalesce(length(CAST(new.details AS BLOB)), 0),
        stored_rows = stored_rows + 1
    WHERE id = new.conversation_id;
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
