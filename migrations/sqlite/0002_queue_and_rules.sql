-- The queue, more rules for each license, groups with floors and caps, ends that are announced, cool-down and protection.

ALTER TABLE licenses ADD COLUMN second_device TEXT NOT NULL DEFAULT 'share'
    CHECK (second_device IN ('share', 'take_over', 'second_seat', 'refuse'));
ALTER TABLE licenses ADD COLUMN overdraft INTEGER NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN offer_seconds INTEGER NOT NULL DEFAULT 60;
ALTER TABLE licenses ADD COLUMN idle_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN idle_warning_seconds INTEGER NOT NULL DEFAULT 60;
ALTER TABLE licenses ADD COLUMN idle_ends_connected INTEGER NOT NULL DEFAULT 0 CHECK (idle_ends_connected IN (0, 1));
ALTER TABLE licenses ADD COLUMN cool_down_seconds INTEGER NOT NULL DEFAULT 0;
-- JSON, always read and written whole: what is kept for groups, and how much they may take.
ALTER TABLE licenses ADD COLUMN group_limits TEXT NOT NULL DEFAULT '[]';

-- Until then the user gets no seat of the license.
ALTER TABLE assignments ADD COLUMN cool_until TEXT;

-- When the agent last did something (NULL: when the session was created), and when he was warned that it ends.
ALTER TABLE sessions ADD COLUMN active_at TEXT;
ALTER TABLE sessions ADD COLUMN warned_at TEXT;
ALTER TABLE sessions ADD COLUMN ending_at TEXT;
ALTER TABLE sessions ADD COLUMN ending_by TEXT;
ALTER TABLE sessions ADD COLUMN ending_by_name TEXT;
ALTER TABLE sessions ADD COLUMN ending_message TEXT;
ALTER TABLE sessions ADD COLUMN protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1));

CREATE TABLE tickets (
    id TEXT PRIMARY KEY,
    license_id TEXT NOT NULL REFERENCES licenses (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    device TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('attended', 'unattended', 'application')),
    platform TEXT,
    place INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    offer_until TEXT,
    ended_at TEXT,
    end_reason TEXT,
    session_id TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;
CREATE INDEX tickets_live ON tickets (license_id, place) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX tickets_one_each ON tickets (license_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX tickets_user ON tickets (user_id, created_at);

CREATE TABLE groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX groups_name_key ON groups (name_key);

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_members_user ON group_members (user_id);
