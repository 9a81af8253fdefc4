-- Prices of a million tokens, billionths of the currency's unit. Each holds from `since` (ms since 1970) until a later one of its model.
-- The model '' stands for all models of the provider that have no price of their own.
CREATE TABLE prices (
    provider     TEXT NOT NULL,
    model        TEXT NOT NULL,
    since        INTEGER NOT NULL,
    input        INTEGER NOT NULL,
    -- NULL if stored input costs what other input does.
    cached_input INTEGER,
    output       INTEGER NOT NULL,
    PRIMARY KEY (provider, model, since)
) STRICT, WITHOUT ROWID;

-- The currency of all prices and budgets.
CREATE TABLE currency (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    code TEXT NOT NULL
) STRICT;
