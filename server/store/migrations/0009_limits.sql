-- Limits that administrators set, by the name that the call gives them. What has no row is as usual.
CREATE TABLE limits (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
