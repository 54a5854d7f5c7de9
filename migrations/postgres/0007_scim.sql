-- Directories that provision users and groups through SCIM: what they told, their rules, and their last requests.

CREATE TABLE directories (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    token_made_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX directories_name_key ON directories (name_key);
CREATE UNIQUE INDEX directories_secret_hash ON directories (secret_hash);

-- What a directory told of a user. A user without such a row belongs to no directory, and any may take him over.
CREATE TABLE directory_users (
    user_id UUID PRIMARY KEY REFERENCES users (id),
    directory_id UUID NOT NULL REFERENCES directories (id),
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    display_key TEXT NOT NULL,
    -- All his addresses, one a line, with a line end before the first and after the last.
    email_keys TEXT NOT NULL,
    -- JSON, always read and written whole: the attributes as SCIM names them.
    attributes TEXT NOT NULL,
    -- The role that a rule gave; another one is somebody's decision and stays.
    given_role TEXT,
    modified_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX directory_users_user_name_key ON directory_users (user_name_key);
CREATE INDEX directory_users_external ON directory_users (external_id);
CREATE INDEX directory_users_directory ON directory_users (directory_id);

ALTER TABLE groups ADD COLUMN directory_id UUID REFERENCES directories (id);
ALTER TABLE groups ADD COLUMN external_id TEXT;
ALTER TABLE groups ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE groups ADD COLUMN modified_at TIMESTAMPTZ;
CREATE INDEX groups_directory ON groups (directory_id);
CREATE INDEX groups_external ON groups (external_id);

-- The rule that assigned the license; NULL: somebody did.
ALTER TABLE assignments ADD COLUMN rule_id UUID;
CREATE INDEX assignments_rule ON assignments (rule_id) WHERE rule_id IS NOT NULL;

CREATE TABLE directory_rules (
    id UUID PRIMARY KEY,
    directory_id UUID NOT NULL REFERENCES directories (id),
    place BIGINT NOT NULL,
    group_id UUID NOT NULL REFERENCES groups (id),
    role TEXT
);
CREATE INDEX directory_rules_directory ON directory_rules (directory_id, place);
CREATE INDEX directory_rules_group ON directory_rules (group_id);

CREATE TABLE directory_rule_licenses (
    rule_id UUID NOT NULL REFERENCES directory_rules (id),
    license_id UUID NOT NULL REFERENCES licenses (id),
    PRIMARY KEY (rule_id, license_id)
);

-- What rules could not do. `subject` is the license, or 'role'.
CREATE TABLE directory_failures (
    user_id UUID NOT NULL REFERENCES users (id),
    rule_id UUID NOT NULL,
    subject TEXT NOT NULL,
    directory_id UUID NOT NULL REFERENCES directories (id),
    license_id UUID,
    code TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, rule_id, subject)
);
CREATE INDEX directory_failures_directory ON directory_failures (directory_id);

CREATE TABLE directory_requests (
    directory_id UUID NOT NULL REFERENCES directories (id),
    number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    reason TEXT,
    PRIMARY KEY (directory_id, number)
);
