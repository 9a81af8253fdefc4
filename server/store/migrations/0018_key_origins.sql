-- The origin (scheme, host and port) that a user's own key was entered for, or last confirmed for. It is sent nowhere else. NULL: it was
-- kept before there was this column. The next start enters the origin that its provider has then.
ALTER TABLE own_keys ADD COLUMN origin TEXT;
