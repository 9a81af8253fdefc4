-- Where a conversation stands in the list. A removed one is nowhere to be seen, and is kept for a day, so that it can be
-- brought back.
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN removed_at INTEGER;
CREATE INDEX conversations_pinned ON conversations (user_id, updated_at DESC, id DESC) WHERE pinned = 1;
CREATE INDEX conversations_archived ON conversations (user_id, updated_at DESC, id DESC) WHERE archived = 1;
CREATE INDEX conversations_removed ON conversations (removed_at) WHERE removed_at IS NOT NULL;

-- Links by which anybody can read a conversation as it was when they were made: up to one message, and what leads to it.
-- Only a hash of what is in the link is kept.
CREATE TABLE shares (
    id              BLOB PRIMARY KEY,
    hash            BLOB NOT NULL UNIQUE,
    user_id         BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    message_id      BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX shares_by_user ON shares (user_id, id);
CREATE INDEX shares_by_conversation ON shares (conversation_id);
