-- Whether the answers that are being written for the user stop as well. Decided by who asks, because the user's state may have changed
-- again when the server looks.
ALTER TABLE revocations ADD COLUMN stop_answers INTEGER NOT NULL DEFAULT 0;
