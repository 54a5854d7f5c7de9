-- Products and licenses that give no new seats any more, what stands in contracts, and of which ends it was warned.

ALTER TABLE products ADD COLUMN archived_at TIMESTAMPTZ;

ALTER TABLE licenses ADD COLUMN archived_at TIMESTAMPTZ;
ALTER TABLE licenses ADD COLUMN notes TEXT;
ALTER TABLE licenses ADD COLUMN order_number TEXT;
-- What a seat costs, in the smallest unit of the currency.
ALTER TABLE licenses ADD COLUMN price_minor BIGINT;
ALTER TABLE licenses ADD COLUMN currency TEXT;
-- The last warning of the end, as the number of days that were left: none is given twice.
ALTER TABLE licenses ADD COLUMN warned_days BIGINT;

-- Imports of users: how far each has come, and what became of each row.
CREATE TABLE imports (
    id UUID PRIMARY KEY,
    by_id UUID NOT NULL,
    by_name TEXT NOT NULL,
    dry_run BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    created_at TIMESTAMPTZ NOT NULL,
    heard_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    row_count BIGINT NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    with_problems BIGINT NOT NULL
);
CREATE UNIQUE INDEX imports_state ON imports (state) WHERE state = 'running';

CREATE TABLE import_rows (
    import_id UUID NOT NULL REFERENCES imports (id),
    line BIGINT NOT NULL,
    -- 0: with problems, 1: without; so that problems come first.
    rank BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    email TEXT NOT NULL,
    problems TEXT NOT NULL,
    PRIMARY KEY (import_id, rank, line)
);
