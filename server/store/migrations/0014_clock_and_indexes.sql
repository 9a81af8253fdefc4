-- What the store knows of time: when a server last ran on it, and where the machine's clock jumped ahead. The time within a jump
-- does not count as age (server/src/age.rs). Times are milliseconds since 1970.
CREATE TABLE clock (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at INTEGER NOT NULL
) STRICT;
INSERT INTO clock (id, seen_at)
    SELECT 1, newest FROM (
        SELECT max(at) AS newest FROM (
            SELECT max(created_at) AS at FROM users
            UNION ALL SELECT max(rotated_at) FROM sessions
            UNION ALL SELECT max(updated_at) FROM conversations))
    WHERE newest IS NOT NULL;
CREATE TABLE clock_jumps (
    seq     INTEGER PRIMARY KEY,
    from_at INTEGER NOT NULL,
    to_at   INTEGER NOT NULL
) STRICT;

-- The newest message of a conversation, and its messages in order.
CREATE INDEX messages_by_time ON messages (conversation_id, created_at);
-- Whether a conversation is being answered.
DROP INDEX messages_unfinished;
CREATE INDEX messages_unfinished ON messages (conversation_id) WHERE status = 'streaming';
-- The list, however many conversations are archived or removed.
CREATE INDEX conversations_listed ON conversations (user_id, updated_at DESC, id DESC) WHERE archived = 0 AND removed_at IS NULL;

-- One letter is the beginning of a word, too: without an index of its own, looking for it reads all words that begin with it, of
-- everybody.
DROP TABLE title_index;
CREATE VIRTUAL TABLE title_index USING fts5 (
    owner, title, content = 'titles', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
INSERT INTO title_index (title_index) VALUES ('rebuild');
DROP TABLE text_index;
CREATE VIRTUAL TABLE text_index USING fts5 (
    owner, content, content = 'texts', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
INSERT INTO text_index (text_index) VALUES ('rebuild');
