-- Tables and columns by the words that the program uses for them.
ALTER TABLE users RENAME COLUMN barred_at TO suspended_at;
ALTER TABLE users RENAME COLUMN barred_reason TO suspended_reason;

ALTER TABLE endings RENAME TO revocations;
ALTER TABLE revocations RENAME COLUMN why TO reason;

ALTER TABLE audiences RENAME TO visibilities;
ALTER TABLE visibilities RENAME COLUMN audience TO visible_to;
