-- The account, its people, products, licenses, sessions, and the log of everything that changes.
-- Text that is sorted or compared has the C collation, so that the order is the same on both engines.

CREATE TABLE account (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE users (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'agent')),
    permissions TEXT NOT NULL,
    billing_contact BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    locale TEXT,
    password_hash TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    last_active_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_name_key ON users (name_key, id);

CREATE TABLE browser_sessions (
    secret_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX browser_sessions_user ON browser_sessions (user_id);

CREATE TABLE api_tokens (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX api_tokens_secret_hash ON api_tokens (secret_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE products (
    id UUID PRIMARY KEY,
    slug TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    key_seconds BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX products_slug ON products (slug);

CREATE TABLE licenses (
    id UUID PRIMARY KEY,
    product_id UUID NOT NULL REFERENCES products (id),
    model TEXT NOT NULL CHECK (model IN ('named', 'concurrent')),
    seats BIGINT NOT NULL CHECK (seats BETWEEN 0 AND 1000000),
    starts_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    seat_rule TEXT NOT NULL CHECK (seat_rule IN ('agent', 'device', 'session')),
    lease_seconds BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX licenses_product ON licenses (product_id);

CREATE TABLE assignments (
    license_id UUID NOT NULL REFERENCES licenses (id),
    user_id UUID NOT NULL REFERENCES users (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (license_id, user_id)
);
CREATE INDEX assignments_user ON assignments (user_id);

CREATE TABLE sessions (
    id UUID PRIMARY KEY,
    license_id UUID NOT NULL REFERENCES licenses (id),
    user_id UUID NOT NULL REFERENCES users (id),
    device TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'connected', 'ended')),
    mode TEXT NOT NULL CHECK (mode IN ('attended', 'unattended', 'application')),
    platform TEXT,
    support_key TEXT COLLATE "C",
    key_expires_at TIMESTAMPTZ,
    idempotency_key TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    connected_at TIMESTAMPTZ,
    last_seen_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    end_reason TEXT,
    end_message TEXT,
    ended_by UUID,
    ended_by_name TEXT,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX sessions_live ON sessions (license_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_lease ON sessions (lease_until) WHERE ended_at IS NULL;
CREATE INDEX sessions_created ON sessions (created_at, id);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE UNIQUE INDEX sessions_support_key ON sessions (support_key) WHERE support_key IS NOT NULL;
CREATE UNIQUE INDEX sessions_idempotency_key ON sessions (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- One row; its update at the end of each transaction numbers the events in the order of the commits.
CREATE TABLE event_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL
);
INSERT INTO event_head (id, position) VALUES (1, 0);

CREATE TABLE events (
    position BIGINT PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL,
    door TEXT NOT NULL,
    actor_id UUID,
    actor_name TEXT,
    license_id UUID,
    user_id UUID,
    session_id UUID,
    occupied BIGINT,
    seats BIGINT,
    facts TEXT NOT NULL
);
CREATE INDEX events_license ON events (license_id, position);
CREATE INDEX events_at ON events (at);

-- When a sweep last ran: a gap means that nobody was there to hear heartbeats.
CREATE TABLE sweeps (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    last_at TIMESTAMPTZ
);
INSERT INTO sweeps (id, last_at) VALUES (1, NULL);
