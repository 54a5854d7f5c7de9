-- The account, its people, products, licenses, sessions, and the log of everything that changes.
-- Times are RFC 3339 in UTC with six decimals, so that the order of text is the order of time. Ids are UUIDs in text form.

CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'agent')),
    permissions TEXT NOT NULL,
    billing_contact INTEGER NOT NULL CHECK (billing_contact IN (0, 1)),
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    locale TEXT,
    password_hash TEXT,
    created_at TEXT NOT NULL,
    last_active_at TEXT
) STRICT;
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_name_key ON users (name_key, id);

CREATE TABLE browser_sessions (
    secret_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX browser_sessions_user ON browser_sessions (user_id);

CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX api_tokens_secret_hash ON api_tokens (secret_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE products (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    key_seconds INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX products_slug ON products (slug);

CREATE TABLE licenses (
    id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL REFERENCES products (id),
    model TEXT NOT NULL CHECK (model IN ('named', 'concurrent')),
    seats INTEGER NOT NULL CHECK (seats BETWEEN 0 AND 1000000),
    starts_at TEXT,
    ends_at TEXT,
    seat_rule TEXT NOT NULL CHECK (seat_rule IN ('agent', 'device', 'session')),
    lease_seconds INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX licenses_product ON licenses (product_id);

CREATE TABLE assignments (
    license_id TEXT NOT NULL REFERENCES licenses (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (license_id, user_id)
) STRICT;
CREATE INDEX assignments_user ON assignments (user_id);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    license_id TEXT NOT NULL REFERENCES licenses (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    device TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'connected', 'ended')),
    mode TEXT NOT NULL CHECK (mode IN ('attended', 'unattended', 'application')),
    platform TEXT,
    support_key TEXT,
    key_expires_at TEXT,
    idempotency_key TEXT,
    created_at TEXT NOT NULL,
    connected_at TEXT,
    last_seen_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    ended_at TEXT,
    end_reason TEXT,
    end_message TEXT,
    ended_by TEXT,
    ended_by_name TEXT,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX sessions_live ON sessions (license_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_lease ON sessions (lease_until) WHERE ended_at IS NULL;
CREATE INDEX sessions_created ON sessions (created_at, id);
CREATE INDEX sessions_user ON sessions (user_id, created_at);
CREATE UNIQUE INDEX sessions_support_key ON sessions (support_key) WHERE support_key IS NOT NULL;
CREATE UNIQUE INDEX sessions_idempotency_key ON sessions (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- One row; its update at the end of each transaction numbers the events in the order of the commits.
CREATE TABLE event_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL
) STRICT;
INSERT INTO event_head (id, position) VALUES (1, 0);

CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    door TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    license_id TEXT,
    user_id TEXT,
    session_id TEXT,
    occupied INTEGER,
    seats INTEGER,
    facts TEXT NOT NULL
) STRICT;
CREATE INDEX events_license ON events (license_id, position);
CREATE INDEX events_at ON events (at);

-- When a sweep last ran: a gap means that nobody was there to hear heartbeats.
CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_at TEXT
) STRICT;
INSERT INTO sweeps (id, last_at) VALUES (1, NULL);
