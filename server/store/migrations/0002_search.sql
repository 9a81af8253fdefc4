-- Searching titles and texts. Triggers keep the indexes in step, in the transaction of what changes.

-- An index knows its rows by number. Conversations have none that lasts, so titles get one.
CREATE TABLE titles (
    seq             INTEGER PRIMARY KEY,
    conversation_id BLOB NOT NULL UNIQUE REFERENCES conversations (id) ON DELETE CASCADE,
    owner           TEXT NOT NULL,        -- as a word, so that the index itself keeps people apart
    title           TEXT NOT NULL
) STRICT;
INSERT INTO titles (conversation_id, owner, title) SELECT id, hex(user_id), title FROM conversations;

CREATE VIRTUAL TABLE title_index USING fts5 (
    owner, title, content = 'titles', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
INSERT INTO title_index (title_index) VALUES ('rebuild');

CREATE TRIGGER conversation_titled AFTER INSERT ON conversations BEGIN
    INSERT INTO titles (conversation_id, owner, title) VALUES (new.id, hex(new.user_id), new.title);
END;
CREATE TRIGGER conversation_retitled AFTER UPDATE OF title ON conversations BEGIN
    UPDATE titles SET title = new.title WHERE conversation_id = new.id;
END;
CREATE TRIGGER title_made AFTER INSERT ON titles BEGIN
    INSERT INTO title_index (rowid, owner, title) VALUES (new.seq, new.owner, new.title);
END;
CREATE TRIGGER title_changed AFTER UPDATE ON titles BEGIN
    INSERT INTO title_index (title_index, rowid, owner, title) VALUES ('delete', old.seq, old.owner, old.title);
    INSERT INTO title_index (rowid, owner, title) VALUES (new.seq, new.owner, new.title);
END;
CREATE TRIGGER title_gone AFTER DELETE ON titles BEGIN
    INSERT INTO title_index (title_index, rowid, owner, title) VALUES ('delete', old.seq, old.owner, old.title);
END;

-- An answer is found once it is at its end: until then its text is elsewhere (see `journal`).
CREATE VIEW texts AS SELECT seq, hex(owner_id) AS owner, content FROM messages WHERE status <> 'streaming';

CREATE VIRTUAL TABLE text_index USING fts5 (
    owner, content, content = 'texts', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
INSERT INTO text_index (text_index) VALUES ('rebuild');

CREATE TRIGGER text_made AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN
    INSERT INTO text_index (rowid, owner, content) VALUES (new.seq, hex(new.owner_id), new.content);
END;
-- The old before, the new after: the index must be told of a text's end by the very text that it was told of.
CREATE TRIGGER text_left BEFORE UPDATE OF content, status ON messages WHEN old.status <> 'streaming' BEGIN
    INSERT INTO text_index (text_index, rowid, owner, content) VALUES ('delete', old.seq, hex(old.owner_id), old.content);
END;
CREATE TRIGGER text_changed AFTER UPDATE OF content, status ON messages WHEN new.status <> 'streaming' BEGIN
    INSERT INTO text_index (rowid, owner, content) VALUES (new.seq, hex(new.owner_id), new.content);
END;
CREATE TRIGGER text_gone AFTER DELETE ON messages WHEN old.status <> 'streaming' BEGIN
    INSERT INTO text_index (text_index, rowid, owner, content) VALUES ('delete', old.seq, hex(old.owner_id), old.content);
END;
