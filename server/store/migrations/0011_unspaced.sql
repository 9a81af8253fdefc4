-- Chinese, Japanese, Korean, Thai and the like are found inside of runs: their characters are written apart for the indexes, in
-- a text of its own beside the one that has any (`store/unspaced.rs`). All other texts are their own.
ALTER TABLE conversations ADD COLUMN title_apart TEXT;
ALTER TABLE messages ADD COLUMN apart TEXT;

DROP TRIGGER conversation_titled;
DROP TRIGGER conversation_retitled;
CREATE TRIGGER conversation_titled AFTER INSERT ON conversations BEGIN
    INSERT INTO titles (conversation_id, owner, title) VALUES (new.id, hex(new.user_id), coalesce(new.title_apart, new.title));
END;
CREATE TRIGGER conversation_retitled AFTER UPDATE OF title, title_apart ON conversations BEGIN
    UPDATE titles SET title = coalesce(new.title_apart, new.title) WHERE conversation_id = new.id;
END;

DROP VIEW texts;
CREATE VIEW texts AS SELECT seq, hex(owner_id) AS owner, coalesce(apart, content) AS content FROM messages WHERE status <> 'streaming';

DROP TRIGGER text_made;
DROP TRIGGER text_left;
DROP TRIGGER text_changed;
DROP TRIGGER text_gone;
CREATE TRIGGER text_made AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN
    INSERT INTO text_index (rowid, owner, content) VALUES (new.seq, hex(new.owner_id), coalesce(new.apart, new.content));
END;
-- The old before, the new after: the index must be told of a text's end by the very text that it was told of.
CREATE TRIGGER text_left BEFORE UPDATE OF content, apart, status ON messages WHEN old.status <> 'streaming' BEGIN
    INSERT INTO text_index (text_index, rowid, owner, content)
    VALUES ('delete', old.seq, hex(old.owner_id), coalesce(old.apart, old.content));
END;
CREATE TRIGGER text_changed AFTER UPDATE OF content, apart, status ON messages WHEN new.status <> 'streaming' BEGIN
    INSERT INTO text_index (rowid, owner, content) VALUES (new.seq, hex(new.owner_id), coalesce(new.apart, new.content));
END;
CREATE TRIGGER text_gone AFTER DELETE ON messages WHEN old.status <> 'streaming' BEGIN
    INSERT INTO text_index (text_index, rowid, owner, content)
    VALUES ('delete', old.seq, hex(old.owner_id), coalesce(old.apart, old.content));
END;

-- What was there before and may have such characters: the program looks through it at its next start, and empties this.
CREATE TABLE unspaced (seq INTEGER PRIMARY KEY) STRICT;
INSERT INTO unspaced
    SELECT seq FROM messages
    WHERE status <> 'streaming'
      AND content GLOB '*[' || char(0x0e00) || '-' || char(0x1fff) || char(0x2e80) || '-' || char(0x3ffff) || ']*';
CREATE TABLE unspaced_titles (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO unspaced_titles
    SELECT id FROM conversations
    WHERE title GLOB '*[' || char(0x0e00) || '-' || char(0x1fff) || char(0x2e80) || '-' || char(0x3ffff) || ']*';
