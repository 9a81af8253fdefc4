-- The device that a session is on, in a few words, as its browser told at its beginning. When it
-- was used last is when its cookie was last rotated: an open page does so every half hour.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_use ON sessions (user_id, rotated_at);
-- Guests that nobody uses are looked for every hour.
CREATE INDEX guests_by_age ON users (created_at) WHERE role = 'guest';

-- The part of a session's cookie that stays when the rest is rotated: a cookie with it that is
-- neither the newest nor the one before is an old one that somebody kept.
ALTER TABLE sessions ADD COLUMN family_hash BLOB;
CREATE UNIQUE INDEX sessions_by_family ON sessions (family_hash) WHERE family_hash IS NOT NULL;
