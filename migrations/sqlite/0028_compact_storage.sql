-- Compact storage: ids are stored as 16 bytes instead of 36 characters, and times as microseconds since 1970 (UTC)
-- instead of 27 characters. That halves the file, and what each change writes. Every table with ids or times is copied
-- in the order of its primary key, and takes the place of the old one. What cannot be converted keeps its text, which
-- the new column refuses: then nothing changes. (In the `sqlite3` shell, read them by `hex(id)` and
-- `datetime(at / 1000000, 'unixepoch')`.)
--
-- `sessions` is sorted by id, which is roughly by time, and needs no second index for it. The log has no index by time
-- any more: times follow its positions, except after the clock was set back. `event_head` has by how much that was at
-- most, so that a search by position finds every event of a time (`db/log_range.rs`).
--
-- Kinds and facts that every session has are stored as single control characters (`db/log_text.rs`).

DROP VIEW user_sessions;
DROP TRIGGER users_void_links;
DROP TRIGGER group_managers_void_links;
DROP TRIGGER group_managers_gone_void_links;
DROP TRIGGER identities_void_links;
DROP TRIGGER identities_moved_void_links;
DROP TRIGGER identities_gone_void_links;
DROP TRIGGER second_factors_void_links;
DROP TRIGGER second_factors_gone_void_links;
DROP TRIGGER passkeys_void_links;
DROP TRIGGER passkeys_gone_void_links;
DROP TRIGGER account_voids_links;
DROP TRIGGER sessions_to_file;

CREATE TABLE new_account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    locale TEXT NOT NULL DEFAULT 'en',
    password_min INTEGER NOT NULL DEFAULT 12,
    idle_minutes INTEGER NOT NULL DEFAULT 720,
    session_minutes INTEGER NOT NULL DEFAULT 720,
    providers_only INTEGER NOT NULL DEFAULT 0 CHECK (providers_only IN (0, 1)),
    emergency_user_id BLOB,
    second_factor TEXT NOT NULL DEFAULT 'optional' CHECK (second_factor IN ('optional', 'admins', 'everybody')),
    installation_id BLOB
) STRICT;
INSERT INTO new_account (id, name, time_zone, created_at, locale, password_min, idle_minutes,
    session_minutes, providers_only, emergency_user_id, second_factor, installation_id)
SELECT id, name, time_zone,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at), locale,
       password_min, idle_minutes, session_minutes, providers_only,
       ifnull(unhex(replace(emergency_user_id, '-', '')), emergency_user_id), second_factor,
       ifnull(unhex(replace(installation_id, '-', '')), installation_id)
FROM account
ORDER BY id;

CREATE TABLE new_users (
    id BLOB PRIMARY KEY,
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
    created_at INTEGER NOT NULL,
    last_active_at INTEGER,
    source TEXT NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'import', 'directory')),
    limited_to_groups INTEGER NOT NULL DEFAULT 0 CHECK (limited_to_groups IN (0, 1)),
    deleted_at INTEGER
) STRICT;
INSERT INTO new_users (id, name, name_key, email, email_key, role, permissions, billing_contact, status,
    locale, password_hash, created_at, last_active_at, source, limited_to_groups, deleted_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), name, name_key, email, email_key, role, permissions, billing_contact,
       status, locale, password_hash,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(last_active_at, 1, 19)) * 1000000 + substr(last_active_at, 21, 6), last_active_at),
       source, limited_to_groups,
       ifnull(unixepoch(substr(deleted_at, 1, 19)) * 1000000 + substr(deleted_at, 21, 6), deleted_at)
FROM users
ORDER BY id;

CREATE TABLE new_browser_sessions (
    secret_hash TEXT PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES new_users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    id BLOB,
    browser TEXT,
    address TEXT,
    last_used_at INTEGER,
    provider_id BLOB,
    provider_session TEXT,
    verified_at INTEGER
) STRICT;
INSERT INTO new_browser_sessions (secret_hash, user_id, created_at, expires_at, id, browser, address,
    last_used_at, provider_id, provider_session, verified_at)
SELECT secret_hash, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at),
       ifnull(unhex(replace(id, '-', '')), id), browser, address,
       ifnull(unixepoch(substr(last_used_at, 1, 19)) * 1000000 + substr(last_used_at, 21, 6), last_used_at),
       ifnull(unhex(replace(provider_id, '-', '')), provider_id), provider_session,
       ifnull(unixepoch(substr(verified_at, 1, 19)) * 1000000 + substr(verified_at, 21, 6), verified_at)
FROM browser_sessions
ORDER BY secret_hash;

CREATE TABLE new_api_tokens (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES new_users (id),
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    scope TEXT NOT NULL DEFAULT 'all',
    last_used_at INTEGER
) STRICT;
INSERT INTO new_api_tokens (id, user_id, name, secret_hash, created_at, expires_at, scope, last_used_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(user_id, '-', '')), user_id), name, secret_hash,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at), scope,
       ifnull(unixepoch(substr(last_used_at, 1, 19)) * 1000000 + substr(last_used_at, 21, 6), last_used_at)
FROM api_tokens
ORDER BY id;

CREATE TABLE new_products (
    id BLOB PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    key_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    archived_at INTEGER,
    gate_origins TEXT NOT NULL DEFAULT '[]',
    agent_link TEXT,
    customer_link TEXT,
    link_secret TEXT
) STRICT;
INSERT INTO new_products (id, slug, name, key_seconds, created_at, archived_at, gate_origins, agent_link,
    customer_link, link_secret)
SELECT ifnull(unhex(replace(id, '-', '')), id), slug, name, key_seconds,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(archived_at, 1, 19)) * 1000000 + substr(archived_at, 21, 6), archived_at),
       gate_origins, agent_link, customer_link, link_secret
FROM products
ORDER BY id;

CREATE TABLE new_licenses (
    id BLOB PRIMARY KEY,
    product_id BLOB NOT NULL REFERENCES new_products (id),
    model TEXT NOT NULL CHECK (model IN ('named', 'concurrent')),
    seats INTEGER NOT NULL CHECK (seats BETWEEN 0 AND 1000000),
    starts_at INTEGER,
    ends_at INTEGER,
    seat_rule TEXT NOT NULL CHECK (seat_rule IN ('agent', 'device', 'session')),
    lease_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    second_device TEXT NOT NULL DEFAULT 'share'
        CHECK (second_device IN ('share', 'take_over', 'second_seat', 'refuse')),
    overdraft INTEGER NOT NULL DEFAULT 0,
    offer_seconds INTEGER NOT NULL DEFAULT 60,
    idle_seconds INTEGER NOT NULL DEFAULT 0,
    idle_warning_seconds INTEGER NOT NULL DEFAULT 60,
    idle_ends_connected INTEGER NOT NULL DEFAULT 0 CHECK (idle_ends_connected IN (0, 1)),
    cool_down_seconds INTEGER NOT NULL DEFAULT 0,
    group_limits TEXT NOT NULL DEFAULT '[]',
    archived_at INTEGER,
    notes TEXT,
    order_number TEXT,
    price_minor INTEGER,
    currency TEXT,
    warned_days INTEGER,
    borrow_seconds INTEGER NOT NULL DEFAULT 0,
    borrow_seats INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO new_licenses (id, product_id, model, seats, starts_at, ends_at, seat_rule, lease_seconds,
    created_at, second_device, overdraft, offer_seconds, idle_seconds, idle_warning_seconds, idle_ends_connected,
    cool_down_seconds, group_limits, archived_at, notes, order_number, price_minor, currency, warned_days,
    borrow_seconds, borrow_seats)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(product_id, '-', '')), product_id), model, seats,
       ifnull(unixepoch(substr(starts_at, 1, 19)) * 1000000 + substr(starts_at, 21, 6), starts_at),
       ifnull(unixepoch(substr(ends_at, 1, 19)) * 1000000 + substr(ends_at, 21, 6), ends_at), seat_rule,
       lease_seconds, ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       second_device, overdraft, offer_seconds, idle_seconds, idle_warning_seconds, idle_ends_connected,
       cool_down_seconds, group_limits,
       ifnull(unixepoch(substr(archived_at, 1, 19)) * 1000000 + substr(archived_at, 21, 6), archived_at), notes,
       order_number, price_minor, currency, warned_days, borrow_seconds, borrow_seats
FROM licenses
ORDER BY id;

CREATE TABLE new_assignments (
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    user_id BLOB NOT NULL REFERENCES new_users (id),
    created_at INTEGER NOT NULL,
    cool_until INTEGER,
    rule_id BLOB,
    PRIMARY KEY (license_id, user_id)
) STRICT;
INSERT INTO new_assignments (license_id, user_id, created_at, cool_until, rule_id)
SELECT ifnull(unhex(replace(license_id, '-', '')), license_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(cool_until, 1, 19)) * 1000000 + substr(cool_until, 21, 6), cool_until),
       ifnull(unhex(replace(rule_id, '-', '')), rule_id)
FROM assignments
ORDER BY license_id, user_id;

CREATE TABLE new_sessions (
    id BLOB PRIMARY KEY,
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    user_id BLOB NOT NULL REFERENCES new_users (id),
    device TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'connected' OR state = 'ended'),
    mode TEXT NOT NULL CHECK (mode = 'attended' OR mode = 'unattended' OR mode = 'application'),
    platform TEXT,
    support_key TEXT,
    key_expires_at INTEGER,
    idempotency_key TEXT,
    created_at INTEGER NOT NULL,
    connected_at INTEGER,
    last_seen_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    end_message TEXT,
    ended_by BLOB,
    ended_by_name TEXT,
    active_at INTEGER,
    warned_at INTEGER,
    ending_at INTEGER,
    ending_by BLOB,
    ending_by_name TEXT,
    ending_message TEXT,
    protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
    borrowed_until INTEGER,
    remote_device TEXT,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO new_sessions (id, license_id, user_id, device, state, mode, platform, support_key,
    key_expires_at, idempotency_key, created_at, connected_at, last_seen_at, lease_until, ended_at, end_reason,
    end_message, ended_by, ended_by_name, active_at, warned_at, ending_at, ending_by, ending_by_name,
    ending_message, protected, borrowed_until, remote_device)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(license_id, '-', '')), license_id),
       ifnull(unhex(replace(user_id, '-', '')), user_id), device, state, mode, platform, support_key,
       ifnull(unixepoch(substr(key_expires_at, 1, 19)) * 1000000 + substr(key_expires_at, 21, 6), key_expires_at),
       idempotency_key,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(connected_at, 1, 19)) * 1000000 + substr(connected_at, 21, 6), connected_at),
       ifnull(unixepoch(substr(last_seen_at, 1, 19)) * 1000000 + substr(last_seen_at, 21, 6), last_seen_at),
       ifnull(unixepoch(substr(lease_until, 1, 19)) * 1000000 + substr(lease_until, 21, 6), lease_until),
       ifnull(unixepoch(substr(ended_at, 1, 19)) * 1000000 + substr(ended_at, 21, 6), ended_at), end_reason,
       end_message, ifnull(unhex(replace(ended_by, '-', '')), ended_by), ended_by_name,
       ifnull(unixepoch(substr(active_at, 1, 19)) * 1000000 + substr(active_at, 21, 6), active_at),
       ifnull(unixepoch(substr(warned_at, 1, 19)) * 1000000 + substr(warned_at, 21, 6), warned_at),
       ifnull(unixepoch(substr(ending_at, 1, 19)) * 1000000 + substr(ending_at, 21, 6), ending_at),
       ifnull(unhex(replace(ending_by, '-', '')), ending_by), ending_by_name, ending_message, protected,
       ifnull(unixepoch(substr(borrowed_until, 1, 19)) * 1000000 + substr(borrowed_until, 21, 6), borrowed_until),
       remote_device
FROM sessions
ORDER BY id;

CREATE TABLE new_events (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    door TEXT NOT NULL,
    actor_id BLOB,
    actor_name TEXT,
    license_id BLOB,
    user_id BLOB,
    session_id BLOB,
    occupied INTEGER,
    seats INTEGER,
    facts TEXT NOT NULL,
    address TEXT,
    object_id BLOB,
    object_name TEXT
) STRICT;
INSERT INTO new_events (position, at, kind, door, actor_id, actor_name, license_id, user_id, session_id,
    occupied, seats, facts, address, object_id, object_name)
SELECT position, ifnull(unixepoch(substr(at, 1, 19)) * 1000000 + substr(at, 21, 6), at),
       CASE kind WHEN 'session_created' THEN char(1) WHEN 'session_ended' THEN char(2) ELSE kind END, door,
       ifnull(unhex(replace(actor_id, '-', '')), actor_id), actor_name,
       ifnull(unhex(replace(license_id, '-', '')), license_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unhex(replace(session_id, '-', '')), session_id), occupied, seats,
       replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(facts,
           '{"message":null,"reason":"finished"}', char(3)),
           '{"message":null,"reason":"', char(4)),
           '{"device":"', char(5)),
           '","mode":"unattended","platform":null}', char(6)),
           '","mode":"attended","platform":null}', char(7)),
           '","mode":"application","platform":null}', char(8)),
           '","mode":"unattended","platform":"', char(14)),
           '","mode":"attended","platform":"', char(15)),
           '{"platform":"', char(16)),
           '{"code":"', char(17)),
           '","product":"', char(18)),
       address, ifnull(unhex(replace(object_id, '-', '')), object_id), object_name
FROM events
ORDER BY position;

CREATE TABLE new_sweeps (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_at INTEGER
) STRICT;
INSERT INTO new_sweeps (id, last_at)
SELECT id, ifnull(unixepoch(substr(last_at, 1, 19)) * 1000000 + substr(last_at, 21, 6), last_at)
FROM sweeps
ORDER BY id;

CREATE TABLE new_tickets (
    id BLOB PRIMARY KEY,
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    user_id BLOB NOT NULL REFERENCES new_users (id),
    device TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode = 'attended' OR mode = 'unattended' OR mode = 'application'),
    platform TEXT,
    place INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    offer_until INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    session_id BLOB,
    remote_device TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;
INSERT INTO new_tickets (id, license_id, user_id, device, mode, platform, place, created_at, last_seen_at,
    lease_until, offer_until, ended_at, end_reason, session_id, remote_device)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(license_id, '-', '')), license_id),
       ifnull(unhex(replace(user_id, '-', '')), user_id), device, mode, platform, place,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(last_seen_at, 1, 19)) * 1000000 + substr(last_seen_at, 21, 6), last_seen_at),
       ifnull(unixepoch(substr(lease_until, 1, 19)) * 1000000 + substr(lease_until, 21, 6), lease_until),
       ifnull(unixepoch(substr(offer_until, 1, 19)) * 1000000 + substr(offer_until, 21, 6), offer_until),
       ifnull(unixepoch(substr(ended_at, 1, 19)) * 1000000 + substr(ended_at, 21, 6), ended_at), end_reason,
       ifnull(unhex(replace(session_id, '-', '')), session_id), remote_device
FROM tickets
ORDER BY id;

CREATE TABLE new_directories (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    token_made_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
INSERT INTO new_directories (id, name, name_key, secret_hash, created_at, token_made_at, last_used_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), name, name_key, secret_hash,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(token_made_at, 1, 19)) * 1000000 + substr(token_made_at, 21, 6), token_made_at),
       ifnull(unixepoch(substr(last_used_at, 1, 19)) * 1000000 + substr(last_used_at, 21, 6), last_used_at)
FROM directories
ORDER BY id;

CREATE TABLE new_groups (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    directory_id BLOB REFERENCES new_directories (id),
    external_id TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    modified_at INTEGER
) STRICT;
INSERT INTO new_groups (id, name, name_key, created_at, directory_id, external_id, version, modified_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), name, name_key,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unhex(replace(directory_id, '-', '')), directory_id), external_id, version,
       ifnull(unixepoch(substr(modified_at, 1, 19)) * 1000000 + substr(modified_at, 21, 6), modified_at)
FROM groups
ORDER BY id;

CREATE TABLE new_group_members (
    group_id BLOB NOT NULL REFERENCES new_groups (id),
    user_id BLOB NOT NULL REFERENCES new_users (id),
    directory_id BLOB REFERENCES new_directories (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
INSERT INTO new_group_members (group_id, user_id, directory_id)
SELECT ifnull(unhex(replace(group_id, '-', '')), group_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unhex(replace(directory_id, '-', '')), directory_id)
FROM group_members
ORDER BY group_id, user_id;

CREATE TABLE new_event_seals (
    position INTEGER PRIMARY KEY,
    events INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO new_event_seals (position, events, last_at, hash)
SELECT position, events, ifnull(unixepoch(substr(last_at, 1, 19)) * 1000000 + substr(last_at, 21, 6), last_at), hash
FROM event_seals
ORDER BY position;

CREATE TABLE new_group_managers (
    group_id BLOB NOT NULL REFERENCES new_groups (id),
    user_id BLOB NOT NULL REFERENCES new_users (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
INSERT INTO new_group_managers (group_id, user_id)
SELECT ifnull(unhex(replace(group_id, '-', '')), group_id), ifnull(unhex(replace(user_id, '-', '')), user_id)
FROM group_managers
ORDER BY group_id, user_id;

CREATE TABLE new_imports (
    id BLOB PRIMARY KEY,
    by_id BLOB NOT NULL,
    by_name TEXT NOT NULL,
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    created_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    ended_at INTEGER,
    row_count INTEGER NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    with_problems INTEGER NOT NULL,
    failure TEXT,
    cancel_requested_at INTEGER
) STRICT;
INSERT INTO new_imports (id, by_id, by_name, dry_run, state, created_at, heard_at, ended_at, row_count,
    created, changed, unchanged, refused, with_problems, failure, cancel_requested_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(by_id, '-', '')), by_id), by_name, dry_run,
       state, ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(heard_at, 1, 19)) * 1000000 + substr(heard_at, 21, 6), heard_at),
       ifnull(unixepoch(substr(ended_at, 1, 19)) * 1000000 + substr(ended_at, 21, 6), ended_at), row_count, created,
       changed, unchanged, refused, with_problems, failure,
       ifnull(unixepoch(substr(cancel_requested_at, 1, 19)) * 1000000 + substr(cancel_requested_at, 21, 6),
           cancel_requested_at)
FROM imports
ORDER BY id;

CREATE TABLE new_import_rows (
    import_id BLOB NOT NULL REFERENCES new_imports (id),
    line INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    email TEXT NOT NULL,
    problems TEXT NOT NULL,
    pending TEXT,
    notices TEXT,
    name TEXT,
    PRIMARY KEY (import_id, rank, line)
) STRICT;
INSERT INTO new_import_rows (import_id, line, rank, outcome, email, problems, pending, notices, name)
SELECT ifnull(unhex(replace(import_id, '-', '')), import_id), line, rank, outcome, email, problems, pending, notices,
       name
FROM import_rows
ORDER BY import_id, rank, line;

CREATE TABLE new_password_links (
    secret_hash TEXT PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    invites INTEGER NOT NULL CHECK (invites IN (0, 1)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    is_void INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1)),
    made_by BLOB REFERENCES new_users (id)
) STRICT;
INSERT INTO new_password_links (secret_hash, user_id, invites, created_at, expires_at, used_at, is_void,
    made_by)
SELECT secret_hash, ifnull(unhex(replace(user_id, '-', '')), user_id), invites,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at),
       ifnull(unixepoch(substr(used_at, 1, 19)) * 1000000 + substr(used_at, 21, 6), used_at), is_void,
       ifnull(unhex(replace(made_by, '-', '')), made_by)
FROM password_links
ORDER BY secret_hash;

CREATE TABLE new_directory_users (
    user_id BLOB PRIMARY KEY REFERENCES new_users (id),
    directory_id BLOB NOT NULL REFERENCES new_directories (id),
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    display_key TEXT NOT NULL,
    email_keys TEXT NOT NULL,
    attributes TEXT NOT NULL,
    given_role TEXT,
    modified_at INTEGER NOT NULL,
    released_email TEXT
) STRICT;
INSERT INTO new_directory_users (user_id, directory_id, user_name_key, external_id, display_key, email_keys,
    attributes, given_role, modified_at, released_email)
SELECT ifnull(unhex(replace(user_id, '-', '')), user_id), ifnull(unhex(replace(directory_id, '-', '')), directory_id),
       user_name_key, external_id, display_key, email_keys, attributes, given_role,
       ifnull(unixepoch(substr(modified_at, 1, 19)) * 1000000 + substr(modified_at, 21, 6), modified_at),
       released_email
FROM directory_users
ORDER BY user_id;

CREATE TABLE new_directory_rules (
    id BLOB PRIMARY KEY,
    directory_id BLOB NOT NULL REFERENCES new_directories (id),
    place INTEGER NOT NULL,
    group_id BLOB NOT NULL REFERENCES new_groups (id),
    role TEXT
) STRICT;
INSERT INTO new_directory_rules (id, directory_id, place, group_id, role)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(directory_id, '-', '')), directory_id), place,
       ifnull(unhex(replace(group_id, '-', '')), group_id), role
FROM directory_rules
ORDER BY id;

CREATE TABLE new_directory_rule_licenses (
    rule_id BLOB NOT NULL REFERENCES new_directory_rules (id),
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    PRIMARY KEY (rule_id, license_id)
) STRICT;
INSERT INTO new_directory_rule_licenses (rule_id, license_id)
SELECT ifnull(unhex(replace(rule_id, '-', '')), rule_id), ifnull(unhex(replace(license_id, '-', '')), license_id)
FROM directory_rule_licenses
ORDER BY rule_id, license_id;

CREATE TABLE new_directory_failures (
    user_id BLOB NOT NULL REFERENCES new_users (id),
    rule_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    directory_id BLOB NOT NULL REFERENCES new_directories (id),
    license_id BLOB,
    code TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (user_id, rule_id, subject)
) STRICT;
INSERT INTO new_directory_failures (user_id, rule_id, subject, directory_id, license_id, code, since)
SELECT ifnull(unhex(replace(user_id, '-', '')), user_id), ifnull(unhex(replace(rule_id, '-', '')), rule_id), subject,
       ifnull(unhex(replace(directory_id, '-', '')), directory_id),
       ifnull(unhex(replace(license_id, '-', '')), license_id), code,
       ifnull(unixepoch(substr(since, 1, 19)) * 1000000 + substr(since, 21, 6), since)
FROM directory_failures
ORDER BY user_id, rule_id, subject;

CREATE TABLE new_directory_requests (
    directory_id BLOB NOT NULL REFERENCES new_directories (id),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (directory_id, number)
) STRICT;
INSERT INTO new_directory_requests (directory_id, number, at, method, path, status, reason)
SELECT ifnull(unhex(replace(directory_id, '-', '')), directory_id), number,
       ifnull(unixepoch(substr(at, 1, 19)) * 1000000 + substr(at, 21, 6), at), method, path, status, reason
FROM directory_requests
ORDER BY directory_id, number;

CREATE TABLE new_sign_in_providers (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT,
    scopes TEXT NOT NULL,
    link_by_email TEXT NOT NULL CHECK (link_by_email IN ('verified', 'trusted', 'never')),
    create_users INTEGER NOT NULL CHECK (create_users IN (0, 1)),
    group_claim TEXT,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    form_post INTEGER NOT NULL DEFAULT 0 CHECK (form_post IN (0, 1))
) STRICT;
INSERT INTO new_sign_in_providers (id, name, name_key, issuer, client_id, client_secret, scopes,
    link_by_email, create_users, group_claim, enabled, created_at, form_post)
SELECT ifnull(unhex(replace(id, '-', '')), id), name, name_key, issuer, client_id, client_secret, scopes,
       link_by_email, create_users, group_claim, enabled,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at), form_post
FROM sign_in_providers
ORDER BY id;

CREATE TABLE new_identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES new_users (id),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    PRIMARY KEY (issuer, subject)
) STRICT;
INSERT INTO new_identities (issuer, subject, user_id, created_at, last_used_at)
SELECT issuer, subject, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(last_used_at, 1, 19)) * 1000000 + substr(last_used_at, 21, 6), last_used_at)
FROM identities
ORDER BY issuer, subject;

CREATE TABLE new_identity_groups (
    issuer TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES new_users (id),
    group_id BLOB NOT NULL REFERENCES new_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, user_id, group_id)
) STRICT;
INSERT INTO new_identity_groups (issuer, user_id, group_id)
SELECT issuer, ifnull(unhex(replace(user_id, '-', '')), user_id), ifnull(unhex(replace(group_id, '-', '')), group_id)
FROM identity_groups
ORDER BY issuer, user_id, group_id;

CREATE TABLE new_logout_tokens (
    issuer TEXT NOT NULL,
    token_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, token_id)
) STRICT;
INSERT INTO new_logout_tokens (issuer, token_id, expires_at)
SELECT issuer, token_id, ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at)
FROM logout_tokens
ORDER BY issuer, token_id;

CREATE TABLE new_joined_keys (
    key_hash TEXT PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES new_sessions (id),
    at INTEGER NOT NULL
) STRICT;
INSERT INTO new_joined_keys (key_hash, session_id, at)
SELECT key_hash, ifnull(unhex(replace(session_id, '-', '')), session_id),
       ifnull(unixepoch(substr(at, 1, 19)) * 1000000 + substr(at, 21, 6), at)
FROM joined_keys
ORDER BY key_hash;

CREATE TABLE new_second_factors (
    user_id BLOB PRIMARY KEY REFERENCES new_users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL
) STRICT;
INSERT INTO new_second_factors (user_id, secret, confirmed_at, last_step)
SELECT ifnull(unhex(replace(user_id, '-', '')), user_id), secret,
       ifnull(unixepoch(substr(confirmed_at, 1, 19)) * 1000000 + substr(confirmed_at, 21, 6), confirmed_at), last_step
FROM second_factors
ORDER BY user_id;

CREATE TABLE new_recovery_codes (
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
) STRICT;
INSERT INTO new_recovery_codes (user_id, code_hash)
SELECT ifnull(unhex(replace(user_id, '-', '')), user_id), code_hash
FROM recovery_codes
ORDER BY user_id, code_hash;

CREATE TABLE new_sign_in_challenges (
    secret_hash TEXT PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    tries INTEGER NOT NULL
) STRICT;
INSERT INTO new_sign_in_challenges (secret_hash, user_id, expires_at, tries)
SELECT secret_hash, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at), tries
FROM sign_in_challenges
ORDER BY secret_hash;

CREATE TABLE new_passkeys (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
INSERT INTO new_passkeys (id, user_id, name, credential_id, public_key, state, created_at, last_used_at)
SELECT ifnull(unhex(replace(id, '-', '')), id), ifnull(unhex(replace(user_id, '-', '')), user_id), name,
       credential_id, public_key, state,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(last_used_at, 1, 19)) * 1000000 + substr(last_used_at, 21, 6), last_used_at)
FROM passkeys
ORDER BY id;

CREATE TABLE new_passkey_challenges (
    challenge TEXT PRIMARY KEY,
    user_id BLOB REFERENCES new_users (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO new_passkey_challenges (challenge, user_id, state, expires_at)
SELECT challenge, ifnull(unhex(replace(user_id, '-', '')), user_id), state,
       ifnull(unixepoch(substr(expires_at, 1, 19)) * 1000000 + substr(expires_at, 21, 6), expires_at)
FROM passkey_challenges
ORDER BY challenge;

CREATE TABLE new_group_licenses (
    group_id BLOB NOT NULL REFERENCES new_groups (id) ON DELETE CASCADE,
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, license_id)
) STRICT;
INSERT INTO new_group_licenses (group_id, license_id, created_at)
SELECT ifnull(unhex(replace(group_id, '-', '')), group_id), ifnull(unhex(replace(license_id, '-', '')), license_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at)
FROM group_licenses
ORDER BY group_id, license_id;

CREATE TABLE new_group_assignments (
    license_id BLOB NOT NULL REFERENCES new_licenses (id),
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    claimed_at INTEGER NOT NULL,
    PRIMARY KEY (license_id, user_id)
) STRICT;
INSERT INTO new_group_assignments (license_id, user_id, claimed_at)
SELECT ifnull(unhex(replace(license_id, '-', '')), license_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(claimed_at, 1, 19)) * 1000000 + substr(claimed_at, 21, 6), claimed_at)
FROM group_assignments
ORDER BY license_id, user_id;

CREATE TABLE new_borrow_keys (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    public TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    listed_until INTEGER
) STRICT;
INSERT INTO new_borrow_keys (id, secret, public, created_at, retired_at, listed_until)
SELECT id, secret, public,
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unixepoch(substr(retired_at, 1, 19)) * 1000000 + substr(retired_at, 21, 6), retired_at),
       ifnull(unixepoch(substr(listed_until, 1, 19)) * 1000000 + substr(listed_until, 21, 6), listed_until)
FROM borrow_keys
ORDER BY id;

CREATE TABLE new_known_devices (
    secret_hash TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (secret_hash, user_id)
) STRICT;
INSERT INTO new_known_devices (secret_hash, user_id, used_at)
SELECT secret_hash, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(used_at, 1, 19)) * 1000000 + substr(used_at, 21, 6), used_at)
FROM known_devices
ORDER BY secret_hash, user_id;

CREATE TABLE new_sign_in_provider_findings (
    provider_id BLOB NOT NULL REFERENCES new_sign_in_providers (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    claim TEXT,
    detail TEXT,
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (provider_id, code)
) STRICT;
INSERT INTO new_sign_in_provider_findings (provider_id, code, claim, detail, times, last_at)
SELECT ifnull(unhex(replace(provider_id, '-', '')), provider_id), code, claim, detail, times,
       ifnull(unixepoch(substr(last_at, 1, 19)) * 1000000 + substr(last_at, 21, 6), last_at)
FROM sign_in_provider_findings
ORDER BY provider_id, code;

CREATE TABLE new_unfiled_sessions (
    number INTEGER PRIMARY KEY,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    session_id BLOB NOT NULL,
    remote_device TEXT
) STRICT;
INSERT INTO new_unfiled_sessions (number, user_id, created_at, session_id, remote_device)
SELECT number, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unhex(replace(session_id, '-', '')), session_id), remote_device
FROM unfiled_sessions
ORDER BY number;

CREATE TABLE new_filed_sessions (
    run INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    session_id BLOB NOT NULL,
    remote_device TEXT,
    PRIMARY KEY (run, user_id, created_at, session_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_filed_sessions (run, user_id, created_at, session_id, remote_device)
SELECT run, ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(created_at, 1, 19)) * 1000000 + substr(created_at, 21, 6), created_at),
       ifnull(unhex(replace(session_id, '-', '')), session_id), remote_device
FROM filed_sessions
ORDER BY run, user_id, created_at, session_id;

CREATE TABLE new_usage_days (
    scope_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    users TEXT NOT NULL,
    summary TEXT NOT NULL,
    state TEXT NOT NULL,
    quarters TEXT NOT NULL,
    PRIMARY KEY (scope_id, starts_at)
) STRICT;
INSERT INTO new_usage_days (scope_id, starts_at, ends_at, time_zone, version, position, users, summary, state, quarters)
SELECT ifnull(unhex(replace(scope_id, '-', '')), scope_id),
       ifnull(unixepoch(substr(starts_at, 1, 19)) * 1000000 + substr(starts_at, 21, 6), starts_at),
       ifnull(unixepoch(substr(ends_at, 1, 19)) * 1000000 + substr(ends_at, 21, 6), ends_at), time_zone, version,
       position, users, summary, state, quarters
FROM usage_days
ORDER BY scope_id, starts_at;

CREATE TABLE new_usage_day_users (
    scope_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    starts_at INTEGER NOT NULL,
    PRIMARY KEY (scope_id, user_id, starts_at)
) STRICT, WITHOUT ROWID;
INSERT INTO new_usage_day_users (scope_id, user_id, starts_at)
SELECT ifnull(unhex(replace(scope_id, '-', '')), scope_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       ifnull(unixepoch(substr(starts_at, 1, 19)) * 1000000 + substr(starts_at, 21, 6), starts_at)
FROM usage_day_users
ORDER BY scope_id, user_id, starts_at;

CREATE TABLE new_unused_seat_exceptions (
    license_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    until INTEGER,
    PRIMARY KEY (license_id, user_id),
    FOREIGN KEY (license_id, user_id) REFERENCES new_assignments (license_id, user_id) ON DELETE CASCADE
) STRICT;
INSERT INTO new_unused_seat_exceptions (license_id, user_id, reason, until)
SELECT ifnull(unhex(replace(license_id, '-', '')), license_id), ifnull(unhex(replace(user_id, '-', '')), user_id),
       reason, ifnull(unixepoch(substr(until, 1, 19)) * 1000000 + substr(until, 21, 6), until)
FROM unused_seat_exceptions
ORDER BY license_id, user_id;

DROP TABLE unused_seat_exceptions;
DROP TABLE usage_day_users;
DROP TABLE usage_days;
DROP TABLE filed_sessions;
DROP TABLE unfiled_sessions;
DROP TABLE sign_in_provider_findings;
DROP TABLE known_devices;
DROP TABLE borrow_keys;
DROP TABLE group_assignments;
DROP TABLE group_licenses;
DROP TABLE passkey_challenges;
DROP TABLE passkeys;
DROP TABLE sign_in_challenges;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP TABLE joined_keys;
DROP TABLE logout_tokens;
DROP TABLE identity_groups;
DROP TABLE identities;
DROP TABLE sign_in_providers;
DROP TABLE directory_requests;
DROP TABLE directory_failures;
DROP TABLE directory_rule_licenses;
DROP TABLE directory_rules;
DROP TABLE directory_users;
DROP TABLE password_links;
DROP TABLE import_rows;
DROP TABLE imports;
DROP TABLE group_managers;
DROP TABLE event_seals;
DROP TABLE group_members;
DROP TABLE groups;
DROP TABLE directories;
DROP TABLE tickets;
DROP TABLE sweeps;
DROP TABLE events;
DROP TABLE sessions;
DROP TABLE assignments;
DROP TABLE licenses;
DROP TABLE products;
DROP TABLE api_tokens;
DROP TABLE browser_sessions;
DROP TABLE users;
DROP TABLE account;

ALTER TABLE new_account RENAME TO account;
ALTER TABLE new_users RENAME TO users;
ALTER TABLE new_browser_sessions RENAME TO browser_sessions;
ALTER TABLE new_api_tokens RENAME TO api_tokens;
ALTER TABLE new_products RENAME TO products;
ALTER TABLE new_licenses RENAME TO licenses;
ALTER TABLE new_assignments RENAME TO assignments;
ALTER TABLE new_sessions RENAME TO sessions;
ALTER TABLE new_events RENAME TO events;
ALTER TABLE new_sweeps RENAME TO sweeps;
ALTER TABLE new_tickets RENAME TO tickets;
ALTER TABLE new_directories RENAME TO directories;
ALTER TABLE new_groups RENAME TO groups;
ALTER TABLE new_group_members RENAME TO group_members;
ALTER TABLE new_event_seals RENAME TO event_seals;
ALTER TABLE new_group_managers RENAME TO group_managers;
ALTER TABLE new_imports RENAME TO imports;
ALTER TABLE new_import_rows RENAME TO import_rows;
ALTER TABLE new_password_links RENAME TO password_links;
ALTER TABLE new_directory_users RENAME TO directory_users;
ALTER TABLE new_directory_rules RENAME TO directory_rules;
ALTER TABLE new_directory_rule_licenses RENAME TO directory_rule_licenses;
ALTER TABLE new_directory_failures RENAME TO directory_failures;
ALTER TABLE new_directory_requests RENAME TO directory_requests;
ALTER TABLE new_sign_in_providers RENAME TO sign_in_providers;
ALTER TABLE new_identities RENAME TO identities;
ALTER TABLE new_identity_groups RENAME TO identity_groups;
ALTER TABLE new_logout_tokens RENAME TO logout_tokens;
ALTER TABLE new_joined_keys RENAME TO joined_keys;
ALTER TABLE new_second_factors RENAME TO second_factors;
ALTER TABLE new_recovery_codes RENAME TO recovery_codes;
ALTER TABLE new_sign_in_challenges RENAME TO sign_in_challenges;
ALTER TABLE new_passkeys RENAME TO passkeys;
ALTER TABLE new_passkey_challenges RENAME TO passkey_challenges;
ALTER TABLE new_group_licenses RENAME TO group_licenses;
ALTER TABLE new_group_assignments RENAME TO group_assignments;
ALTER TABLE new_borrow_keys RENAME TO borrow_keys;
ALTER TABLE new_known_devices RENAME TO known_devices;
ALTER TABLE new_sign_in_provider_findings RENAME TO sign_in_provider_findings;
ALTER TABLE new_unfiled_sessions RENAME TO unfiled_sessions;
ALTER TABLE new_filed_sessions RENAME TO filed_sessions;
ALTER TABLE new_usage_days RENAME TO usage_days;
ALTER TABLE new_usage_day_users RENAME TO usage_day_users;
ALTER TABLE new_unused_seat_exceptions RENAME TO unused_seat_exceptions;

CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX browser_sessions_user ON browser_sessions (user_id);
CREATE UNIQUE INDEX api_tokens_secret_hash ON api_tokens (secret_hash);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
CREATE UNIQUE INDEX products_slug ON products (slug);
CREATE INDEX licenses_product ON licenses (product_id);
CREATE INDEX assignments_user ON assignments (user_id);
CREATE INDEX sessions_live ON sessions (license_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_lease ON sessions (lease_until) WHERE ended_at IS NULL;
CREATE INDEX sessions_created ON sessions (created_at, id);
CREATE UNIQUE INDEX sessions_support_key ON sessions (support_key) WHERE support_key IS NOT NULL;
CREATE UNIQUE INDEX sessions_idempotency_key ON sessions (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX events_license ON events (license_id, position);
CREATE INDEX tickets_live ON tickets (license_id, place) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX tickets_one_each ON tickets (license_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX tickets_user ON tickets (user_id, created_at);
CREATE UNIQUE INDEX groups_name_key ON groups (name_key);
CREATE INDEX group_members_user ON group_members (user_id);
CREATE INDEX events_refused ON events (license_id, position) WHERE kind = 'session_refused';
CREATE INDEX events_plain ON events (kind, position) WHERE occupied IS NULL;
CREATE INDEX users_listed ON users (name_key, id, email_key, status, role, source, last_active_at, created_at)
    WHERE deleted_at IS NULL;
CREATE INDEX users_active ON users (COALESCE(last_active_at, created_at), id);
CREATE INDEX users_created ON users (created_at, id);
CREATE INDEX group_managers_user ON group_managers (user_id);
CREATE UNIQUE INDEX imports_state ON imports (state) WHERE state = 'running';
CREATE INDEX password_links_user ON password_links (user_id);
CREATE UNIQUE INDEX directories_name_key ON directories (name_key);
CREATE UNIQUE INDEX directories_secret_hash ON directories (secret_hash);
CREATE UNIQUE INDEX directory_users_user_name_key ON directory_users (user_name_key);
CREATE INDEX directory_users_external ON directory_users (external_id);
CREATE INDEX directory_users_directory ON directory_users (directory_id);
CREATE INDEX groups_directory ON groups (directory_id);
CREATE INDEX groups_external ON groups (external_id);
CREATE INDEX assignments_rule ON assignments (rule_id) WHERE rule_id IS NOT NULL;
CREATE INDEX directory_rules_directory ON directory_rules (directory_id, place);
CREATE INDEX directory_rules_group ON directory_rules (group_id);
CREATE INDEX directory_failures_directory ON directory_failures (directory_id);
CREATE UNIQUE INDEX sign_in_providers_name_key ON sign_in_providers (name_key);
CREATE INDEX identities_user ON identities (user_id);
CREATE INDEX identity_groups_group ON identity_groups (group_id);
CREATE INDEX browser_sessions_provider ON browser_sessions (provider_id) WHERE provider_id IS NOT NULL;
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id);
CREATE INDEX group_licenses_license ON group_licenses (license_id);
CREATE INDEX group_assignments_user ON group_assignments (user_id);
CREATE INDEX directory_failures_license ON directory_failures (license_id, since);
CREATE INDEX directory_users_given_role ON directory_users (user_id) WHERE given_role IS NOT NULL;
CREATE INDEX sessions_ending ON sessions (ending_at) WHERE ended_at IS NULL AND ending_at IS NOT NULL;
CREATE INDEX group_members_directory ON group_members (directory_id) WHERE directory_id IS NOT NULL;
CREATE INDEX sign_in_challenges_user ON sign_in_challenges (user_id);
CREATE INDEX passkey_challenges_user ON passkey_challenges (user_id);
CREATE INDEX known_devices_of_user ON known_devices (user_id, used_at);
CREATE UNIQUE INDEX directory_users_external_id ON directory_users (directory_id, external_id);
CREATE UNIQUE INDEX groups_external_id ON groups (directory_id, external_id);

CREATE VIEW user_sessions AS
SELECT user_id, created_at, session_id, remote_device
FROM unfiled_sessions
UNION ALL
SELECT filed.user_id, filed.created_at, filed.session_id, filed.remote_device
FROM session_runs
CROSS JOIN filed_sessions filed ON filed.run = session_runs.run;

CREATE TRIGGER users_void_links
AFTER UPDATE OF role, permissions, billing_contact, limited_to_groups, email_key, status, password_hash,
    deleted_at ON users
WHEN OLD.role IS NOT NEW.role OR OLD.permissions IS NOT NEW.permissions
    OR OLD.billing_contact IS NOT NEW.billing_contact
  OR OLD.limited_to_groups IS NOT NEW.limited_to_groups OR OLD.email_key IS NOT NEW.email_key
    OR OLD.status IS NOT NEW.status
  OR OLD.password_hash IS NOT NEW.password_hash OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.id;
END;

CREATE TRIGGER group_managers_void_links AFTER INSERT ON group_managers
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
END;

CREATE TRIGGER group_managers_gone_void_links AFTER DELETE ON group_managers
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
END;

CREATE TRIGGER identities_void_links AFTER INSERT ON identities
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER identities_moved_void_links AFTER UPDATE OF user_id ON identities
WHEN OLD.user_id IS NOT NEW.user_id
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id IN (OLD.user_id, NEW.user_id) AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id IN (OLD.user_id, NEW.user_id);
    DELETE FROM passkey_challenges WHERE user_id IN (OLD.user_id, NEW.user_id);
END;

CREATE TRIGGER identities_gone_void_links AFTER DELETE ON identities
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

CREATE TRIGGER second_factors_void_links AFTER UPDATE OF confirmed_at ON second_factors
WHEN OLD.confirmed_at IS NOT NEW.confirmed_at
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER second_factors_gone_void_links AFTER DELETE ON second_factors
WHEN OLD.confirmed_at IS NOT NULL
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

CREATE TRIGGER passkeys_void_links AFTER INSERT ON passkeys
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER passkeys_gone_void_links AFTER DELETE ON passkeys
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

CREATE TRIGGER account_voids_links AFTER UPDATE OF providers_only, emergency_user_id ON account
WHEN OLD.providers_only IS NOT NEW.providers_only OR OLD.emergency_user_id IS NOT NEW.emergency_user_id
BEGIN
    UPDATE password_links SET is_void = 1 WHERE used_at IS NULL;
    DELETE FROM sign_in_challenges;
END;

CREATE TRIGGER sessions_to_file AFTER INSERT ON sessions BEGIN
    INSERT INTO unfiled_sessions (user_id, created_at, session_id, remote_device)
    VALUES (NEW.user_id, NEW.created_at, NEW.id, NEW.remote_device);
END;

-- The latest time of an event so far, and how much earlier than that a later event was at most, in microseconds.
ALTER TABLE event_head ADD COLUMN latest_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event_head ADD COLUMN set_back INTEGER NOT NULL DEFAULT 0;
UPDATE event_head
SET (latest_at, set_back) = (
    SELECT COALESCE(MAX(at), 0), COALESCE(MAX(latest - at), 0)
    FROM (SELECT at, MAX(at) OVER (ORDER BY position) AS latest FROM events));
