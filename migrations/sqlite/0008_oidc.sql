-- Signing in by OpenID Connect.

-- The client secret has to be told to the provider as it is, so it cannot be kept as a hash. It leaves the server for nobody else.
CREATE TABLE sign_in_providers (
    id TEXT PRIMARY KEY,
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
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX sign_in_providers_name_key ON sign_in_providers (name_key);

-- Who somebody is who comes from a provider. By the issuer and not by the provider, because only the issuer's own words say who is meant
-- by a subject.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL,
    last_used_at TEXT,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE INDEX identities_user ON identities (user_id);

-- The groups that a user is in only because a provider said so.
CREATE TABLE identity_groups (
    issuer TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, user_id, group_id)
) STRICT;
CREATE INDEX identity_groups_group ON identity_groups (group_id);

-- The logout tokens that were obeyed, so that each counts once.
CREATE TABLE logout_tokens (
    issuer TEXT NOT NULL,
    token_id TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (issuer, token_id)
) STRICT;

-- By which provider a browser signed in, and what that calls its own session.
ALTER TABLE browser_sessions ADD COLUMN provider_id TEXT;
ALTER TABLE browser_sessions ADD COLUMN provider_session TEXT;
CREATE INDEX browser_sessions_provider ON browser_sessions (provider_id) WHERE provider_id IS NOT NULL;

-- Whether passwords are off, and which admin may use his nevertheless.
ALTER TABLE account ADD COLUMN providers_only INTEGER NOT NULL DEFAULT 0 CHECK (providers_only IN (0, 1));
ALTER TABLE account ADD COLUMN emergency_user_id TEXT;
