-- Searching by what the program makes of texts (`fulltext`): words without accents, in one spelling, and what stands for several
-- words. The indexes hold that alone; what is shown of a text is cut out of the text itself.
DROP TRIGGER conversation_titled;
DROP TRIGGER conversation_retitled;
DROP TRIGGER title_made;
DROP TRIGGER title_changed;
DROP TRIGGER title_gone;
DROP TRIGGER text_made;
DROP TRIGGER text_left;
DROP TRIGGER text_changed;
DROP TRIGGER text_gone;
DROP TABLE title_index;
DROP TABLE text_index;
DROP VIEW texts;
DROP TABLE unspaced;
DROP TABLE unspaced_titles;
ALTER TABLE conversations DROP COLUMN title_apart;
ALTER TABLE messages DROP COLUMN apart;

-- A row is a message, by its `seq`, or a title, by its `seq` below zero. `owner` keeps people apart.
CREATE VIRTUAL TABLE search_index USING fts5 (
    owner, content, extra,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '#$%+.@'", prefix = '1 2 3'
);
-- Ends of longer words as well, for what no word begins with.
CREATE VIRTUAL TABLE search_parts USING fts5 (owner, parts, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- What the indexes have yet to be told of: rows that are new, have changed, or are gone. The number is never given out again, so
-- whoever read a row sees whether it has changed since.
CREATE TABLE unindexed (
    n     INTEGER PRIMARY KEY AUTOINCREMENT,
    place INTEGER NOT NULL UNIQUE,
    owner TEXT NOT NULL
) STRICT;
CREATE INDEX unindexed_of ON unindexed (owner, n);
INSERT INTO unindexed (place, owner) SELECT -seq, owner FROM titles ORDER BY seq;
INSERT INTO unindexed (place, owner) SELECT seq, hex(owner_id) FROM messages WHERE status <> 'streaming' ORDER BY seq;

CREATE TRIGGER conversation_titled AFTER INSERT ON conversations BEGIN
    INSERT INTO titles (conversation_id, owner, title) VALUES (new.id, hex(new.user_id), new.title);
END;
CREATE TRIGGER conversation_retitled AFTER UPDATE OF title ON conversations BEGIN
    UPDATE titles SET title = new.title WHERE conversation_id = new.id;
END;
CREATE TRIGGER title_made AFTER INSERT ON titles BEGIN
    DELETE FROM unindexed WHERE place = -new.seq;
    INSERT INTO unindexed (place, owner) VALUES (-new.seq, new.owner);
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title ON titles BEGIN
    DELETE FROM unindexed WHERE place = -new.seq;
    INSERT INTO unindexed (place, owner) VALUES (-new.seq, new.owner);
END;
CREATE TRIGGER title_gone AFTER DELETE ON titles BEGIN
    DELETE FROM unindexed WHERE place = -old.seq;
    INSERT INTO unindexed (place, owner) VALUES (-old.seq, old.owner);
END;
-- An answer is found once it is at its end: until then its text is elsewhere (see `journal`).
CREATE TRIGGER text_made AFTER INSERT ON messages WHEN new.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = new.seq;
    INSERT INTO unindexed (place, owner) VALUES (new.seq, hex(new.owner_id));
END;
CREATE TRIGGER text_changed AFTER UPDATE OF content, status ON messages WHEN old.status <> 'streaming' OR new.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = new.seq;
    INSERT INTO unindexed (place, owner) VALUES (new.seq, hex(new.owner_id));
END;
CREATE TRIGGER text_gone AFTER DELETE ON messages WHEN old.status <> 'streaming' BEGIN
    DELETE FROM unindexed WHERE place = old.seq;
    INSERT INTO unindexed (place, owner) VALUES (old.seq, hex(old.owner_id));
END;
