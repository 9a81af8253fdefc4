-- When the owner of a session last showed who they are: by a password or a link, or because a provider was asked to ask anew.
-- A session that a provider began without asking anybody shows nothing.
ALTER TABLE sessions ADD COLUMN proved_at INTEGER;
