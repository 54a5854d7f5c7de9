-- The second factor of signing in: an app that shows codes, recovery codes, passkeys; and what the account asks for.

-- An app that shows codes (TOTP). It counts from when it was confirmed with a code; no code of a step up to the last one is taken again.
CREATE TABLE second_factors (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    confirmed_at TIMESTAMPTZ,
    last_step BIGINT NOT NULL
);

-- The hashes of codes that are good once, for those who lost the app.
CREATE TABLE recovery_codes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

-- Sign-ins whose password was right and whose second factor is still missing.
CREATE TABLE sign_in_challenges (
    secret_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL,
    tries BIGINT NOT NULL
);

-- The public keys of passkeys (WebAuthn).
CREATE TABLE passkeys (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- What a browser was asked to sign with a passkey, each good once; without a user for signing in.
CREATE TABLE passkey_challenges (
    challenge TEXT PRIMARY KEY,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

ALTER TABLE account ADD COLUMN second_factor TEXT NOT NULL DEFAULT 'optional'
    CHECK (second_factor IN ('optional', 'admins', 'everybody'));

-- Licenses that groups give to their members, as long as they are members.
CREATE TABLE group_licenses (
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    license_id UUID NOT NULL REFERENCES licenses (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (group_id, license_id)
);
CREATE INDEX group_licenses_license ON group_licenses (license_id);

-- Assignments that are there because of groups: these go with the membership, all others stay. A row is written before the license is
-- assigned and deleted after it was taken away; one without an assignment that is older than a minute was left by a crash.
CREATE TABLE group_assignments (
    license_id UUID NOT NULL REFERENCES licenses (id),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    claimed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (license_id, user_id)
);
CREATE INDEX group_assignments_user ON group_assignments (user_id);
