-- Passages of what was read: what is searched, and given to a model.
CREATE TABLE passages (
    id         INTEGER PRIMARY KEY,
    content_id INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    page       INTEGER NOT NULL,
    location   TEXT NOT NULL,
    heading    TEXT,
    body       TEXT NOT NULL,
    -- Where it is on the page, as JSON.
    boxes      TEXT NOT NULL
) STRICT;
CREATE INDEX passages_of ON passages (content_id, id);

-- As `search_index`: the words of each passage (`fulltext`). `scope` is its content, so that only named files are searched.
CREATE VIRTUAL TABLE passage_index USING fts5 (
    scope, content, extra, parts, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '#$%+.@'"
);
CREATE TRIGGER passage_gone AFTER DELETE ON passages BEGIN
    DELETE FROM passage_index WHERE rowid = old.id;
END;
