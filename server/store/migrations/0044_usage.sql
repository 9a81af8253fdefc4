-- What each user used of each model in each month (year × 12 + month - 1, in UTC). It outlives conversations that are removed, so that
-- removing them gives back no budget. A currency is '' if the model had no price.
CREATE TABLE month_usage (
    user_id          BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    month            INTEGER NOT NULL,
    provider         TEXT NOT NULL,
    model            TEXT NOT NULL,
    currency         TEXT NOT NULL,
    answers          INTEGER NOT NULL,
    input_tokens     INTEGER NOT NULL,
    cached_tokens    INTEGER NOT NULL,
    output_tokens    INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    -- Billionths of the currency's unit.
    cost             INTEGER NOT NULL,
    -- Answers whose tokens are estimated.
    estimated        INTEGER NOT NULL,
    PRIMARY KEY (user_id, month, provider, model, currency)
) STRICT, WITHOUT ROWID;
CREATE INDEX month_usage_by_month ON month_usage (month);

-- What is reserved for answers that are being written. The row of an answer goes in the transaction that saves its end; after a crash,
-- the next start settles it by what was written.
CREATE TABLE reservations (
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    answer_id     BLOB NOT NULL,
    month         INTEGER NOT NULL,
    provider      TEXT NOT NULL,
    model         TEXT NOT NULL,
    -- '' if the model has no price; then the prices are 0.
    currency      TEXT NOT NULL,
    input_price   INTEGER NOT NULL,
    cached_price  INTEGER,
    output_price  INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    -- Bytes of the answer and its steps that were there before.
    begun_with    INTEGER NOT NULL,
    -- What it reserves: billionths, and tokens.
    cost          INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    PRIMARY KEY (user_id, answer_id)
) STRICT, WITHOUT ROWID;

-- Budgets of a month: of users, and of those who have none of their own. NULL is unlimited.
CREATE TABLE budgets (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    nanos   INTEGER,
    tokens  INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE default_budgets (
    of     TEXT PRIMARY KEY CHECK (of IN ('guest', 'account')),
    nanos  INTEGER,
    tokens INTEGER
) STRICT, WITHOUT ROWID;
