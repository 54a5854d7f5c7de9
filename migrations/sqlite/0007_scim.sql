-- Directories that provision users and groups through SCIM: what they told, their rules, and their last requests.

CREATE TABLE directories (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    token_made_at TEXT NOT NULL,
    last_used_at TEXT
) STRICT;
CREATE UNIQUE INDEX directories_name_key ON directories (name_key);
CREATE UNIQUE INDEX directories_secret_hash ON directories (secret_hash);

-- What a directory told of a user. A user without such a row belongs to no directory, and any may take him over.
CREATE TABLE directory_users (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    directory_id TEXT NOT NULL REFERENCES directories (id),
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    display_key TEXT NOT NULL,
    -- All his addresses, one a line, with a line end before the first and after the last.
    email_keys TEXT NOT NULL,
    -- JSON, always read and written whole: the attributes as SCIM names them.
    attributes TEXT NOT NULL,
    -- The role that a rule gave; another one is somebody's decision and stays.
    given_role TEXT,
    modified_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX directory_users_user_name_key ON directory_users (user_name_key);
CREATE INDEX directory_users_external ON directory_users (external_id);
CREATE INDEX directory_users_directory ON directory_users (directory_id);

ALTER TABLE groups ADD COLUMN directory_id TEXT REFERENCES directories (id);
ALTER TABLE groups ADD COLUMN external_id TEXT;
ALTER TABLE groups ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE groups ADD COLUMN modified_at TEXT;
CREATE INDEX groups_directory ON groups (directory_id);
CREATE INDEX groups_external ON groups (external_id);

-- The rule that assigned the license; NULL: somebody did.
ALTER TABLE assignments ADD COLUMN rule_id TEXT;
CREATE INDEX assignments_rule ON assignments (rule_id) WHERE rule_id IS NOT NULL;

CREATE TABLE directory_rules (
    id TEXT PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id),
    place INTEGER NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id),
    role TEXT
) STRICT;
CREATE INDEX directory_rules_directory ON directory_rules (directory_id, place);
CREATE INDEX directory_rules_group ON directory_rules (group_id);

CREATE TABLE directory_rule_licenses (
    rule_id TEXT NOT NULL REFERENCES directory_rules (id),
    license_id TEXT NOT NULL REFERENCES licenses (id),
    PRIMARY KEY (rule_id, license_id)
) STRICT;

-- What rules could not do. `subject` is the license, or 'role'.
CREATE TABLE directory_failures (
    user_id TEXT NOT NULL REFERENCES users (id),
    rule_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    directory_id TEXT NOT NULL REFERENCES directories (id),
    license_id TEXT,
    code TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (user_id, rule_id, subject)
) STRICT;
CREATE INDEX directory_failures_directory ON directory_failures (directory_id);

CREATE TABLE directory_requests (
    directory_id TEXT NOT NULL REFERENCES directories (id),
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (directory_id, number)
) STRICT;
