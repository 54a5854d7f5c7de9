-- Products and licenses that give no new seats any more, what stands in contracts, and of which ends it was warned.

ALTER TABLE products ADD COLUMN archived_at TEXT;

ALTER TABLE licenses ADD COLUMN archived_at TEXT;
ALTER TABLE licenses ADD COLUMN notes TEXT;
ALTER TABLE licenses ADD COLUMN order_number TEXT;
-- What a seat costs, in the smallest unit of the currency.
ALTER TABLE licenses ADD COLUMN price_minor INTEGER;
ALTER TABLE licenses ADD COLUMN currency TEXT;
-- The last warning of the end, as the number of days that were left: none is given twice.
ALTER TABLE licenses ADD COLUMN warned_days INTEGER;

-- Imports of users: how far each has come, and what became of each row.
CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    created_at TEXT NOT NULL,
    heard_at TEXT NOT NULL,
    ended_at TEXT,
    row_count INTEGER NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    with_problems INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX imports_state ON imports (state) WHERE state = 'running';

CREATE TABLE import_rows (
    import_id TEXT NOT NULL REFERENCES imports (id),
    line INTEGER NOT NULL,
    -- 0: with problems, 1: without; so that problems come first.
    rank INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    email TEXT NOT NULL,
    problems TEXT NOT NULL,
    PRIMARY KEY (import_id, rank, line)
) STRICT;
