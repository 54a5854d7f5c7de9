-- When an assignment ends by itself.
ALTER TABLE assignments ADD COLUMN ends_at TIMESTAMPTZ;
CREATE INDEX assignments_ends ON assignments (ends_at) WHERE ends_at IS NOT NULL;

-- The requests of users for licenses that they do not have: of each license the last one. A request without an outcome is
-- open.
CREATE TABLE license_requests (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    license_id UUID NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    outcome TEXT CHECK (outcome = 'approved' OR outcome = 'declined'),
    decided_at TIMESTAMPTZ,
    -- What the user is told.
    message TEXT
);
CREATE UNIQUE INDEX license_requests_license_id ON license_requests (user_id, license_id);
CREATE INDEX license_requests_open ON license_requests (created_at) WHERE outcome IS NULL;
