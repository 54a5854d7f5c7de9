-- When an assignment ends by itself.
ALTER TABLE assignments ADD COLUMN ends_at TIMESTAMPTZ;
CREATE INDEX assignments_ends ON assignments (ends_at) WHERE ends_at IS NOT NULL;
