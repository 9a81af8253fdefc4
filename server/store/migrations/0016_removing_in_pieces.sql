-- What is removed is out of sight at once; its rows go in pieces, so that nobody waits for them.

-- A removed user has no name, no way to sign in and no session any more. The row stays until the last of their conversations is gone.
ALTER TABLE users ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_removed ON users (removed) WHERE removed = 1;

-- A removed conversation whose rows have begun to go: it can't be brought back.
ALTER TABLE conversations ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_erasing ON conversations (erasing) WHERE erasing = 1;
