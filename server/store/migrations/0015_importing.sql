-- A conversation that is imported comes in pieces. Until all of it is here it counts as removed, and can't be brought back: an
-- import that ended early is continued by the next one, or forgotten a day later.
ALTER TABLE conversations ADD COLUMN importing INTEGER NOT NULL DEFAULT 0;
