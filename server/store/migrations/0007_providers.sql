-- Providers that administrators added. Keys are encrypted; what they are encrypted with follows from the server's secret.
CREATE TABLE providers (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    url        TEXT,
    key        BLOB,
    own_keys   INTEGER NOT NULL,        -- whether users may bring keys of their own
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE own_keys (
    user_id     BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id BLOB NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    key         BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, provider_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX own_keys_by_provider ON own_keys (provider_id);

-- Whom providers, and models (empty: all that have no row), are offered to. By name, for those count too that are
-- configured, found or built in. What has no row is for everyone.
CREATE TABLE audiences (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    audience TEXT NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;
