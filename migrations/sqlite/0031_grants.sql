-- When an assignment ends by itself.
ALTER TABLE assignments ADD COLUMN ends_at INTEGER;
CREATE INDEX assignments_ends ON assignments (ends_at) WHERE ends_at IS NOT NULL;

-- The requests of users for licenses that they do not have: of each license the last one. A request without an outcome is
-- open. (The index's last column gives it its name in errors, see `db/error.rs`.)
CREATE TABLE license_requests (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    license_id BLOB NOT NULL REFERENCES licenses (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    outcome TEXT CHECK (outcome = 'approved' OR outcome = 'declined'),
    decided_at INTEGER,
    -- What the user is told.
    message TEXT
) STRICT;
CREATE UNIQUE INDEX license_requests_license_id ON license_requests (user_id, license_id);
CREATE INDEX license_requests_open ON license_requests (created_at) WHERE outcome IS NULL;
