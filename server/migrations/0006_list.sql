-- Where a conversation stands in the list. A removed one is nowhere to be seen, and is kept for a day, so that it can be
-- brought back.
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN removed_at INTEGER;
CREATE INDEX conversations_pinned ON conversations (user_id, updated_at DESC, id DESC) WHERE pinned = 1;
CREATE INDEX conversations_archived ON conversations (user_id, updated_at DESC, id DESC) WHERE archived = 1;
CREATE INDEX conversations_removed ON conversations (removed_at) WHERE removed_at IS NOT NULL;
