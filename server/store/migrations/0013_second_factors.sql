-- What an account shows besides its password. The secret is encrypted under the server's; the codes for an emergency are hashes.
CREATE TABLE second_factors (
    user_id    BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret     BLOB NOT NULL,
    -- Until a code was shown once, signing in asks for none.
    in_force   INTEGER NOT NULL DEFAULT 0,
    -- The time of the last code that was taken, in steps of 30 s since 1970: none is good twice.
    last_step  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES second_factors (user_id) ON DELETE CASCADE,
    hash    BLOB NOT NULL,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;
