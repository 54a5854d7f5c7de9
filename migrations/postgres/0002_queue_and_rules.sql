-- The queue, more rules for each license, groups with floors and caps, ends that are announced, cool-down and protection.

ALTER TABLE licenses ADD COLUMN second_device TEXT COLLATE "C" NOT NULL DEFAULT 'share'
    CHECK (second_device IN ('share', 'take_over', 'second_seat', 'refuse'));
ALTER TABLE licenses ADD COLUMN overdraft BIGINT NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN offer_seconds BIGINT NOT NULL DEFAULT 60;
ALTER TABLE licenses ADD COLUMN idle_seconds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN idle_warning_seconds BIGINT NOT NULL DEFAULT 60;
ALTER TABLE licenses ADD COLUMN idle_ends_connected BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE licenses ADD COLUMN cool_down_seconds BIGINT NOT NULL DEFAULT 0;
-- JSON, always read and written whole: what is kept for groups, and how much they may take.
ALTER TABLE licenses ADD COLUMN group_limits TEXT NOT NULL DEFAULT '[]';

-- Until then the user gets no seat of the license.
ALTER TABLE assignments ADD COLUMN cool_until TIMESTAMPTZ;

-- When the agent last did something (NULL: when the session was created), and when he was warned that it ends.
ALTER TABLE sessions ADD COLUMN active_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN warned_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN ending_at TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN ending_by UUID;
ALTER TABLE sessions ADD COLUMN ending_by_name TEXT;
ALTER TABLE sessions ADD COLUMN ending_message TEXT;
ALTER TABLE sessions ADD COLUMN protected BOOLEAN NOT NULL DEFAULT false;

CREATE TABLE tickets (
    id UUID PRIMARY KEY,
    license_id UUID NOT NULL REFERENCES licenses (id),
    user_id UUID NOT NULL REFERENCES users (id),
    device TEXT COLLATE "C" NOT NULL,
    mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('attended', 'unattended', 'application')),
    platform TEXT COLLATE "C",
    place BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    offer_until TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    end_reason TEXT COLLATE "C",
    session_id UUID,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX tickets_live ON tickets (license_id, place) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX tickets_one_each ON tickets (license_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX tickets_user ON tickets (user_id, created_at);

CREATE TABLE groups (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX groups_name_key ON groups (name_key);

CREATE TABLE group_members (
    group_id UUID NOT NULL REFERENCES groups (id),
    user_id UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);
