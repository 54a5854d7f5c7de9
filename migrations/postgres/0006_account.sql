-- Links by which people set their passwords, and what the account settles about signing in.

-- The hash of the secret in a link that can be used once. A link that is no longer good stays a while, so that whoever opens it is
-- told what became of it.
CREATE TABLE password_links (
    secret_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    invites BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX password_links_user ON password_links (user_id);

ALTER TABLE account ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
ALTER TABLE account ADD COLUMN password_min BIGINT NOT NULL DEFAULT 12;
ALTER TABLE account ADD COLUMN idle_minutes BIGINT NOT NULL DEFAULT 720;
ALTER TABLE account ADD COLUMN session_minutes BIGINT NOT NULL DEFAULT 720;

-- How somebody finds his sign-ins again: the browser, from where, and when it was last used (to about a minute).
ALTER TABLE browser_sessions ADD COLUMN id UUID;
ALTER TABLE browser_sessions ADD COLUMN browser TEXT;
ALTER TABLE browser_sessions ADD COLUMN address TEXT;
ALTER TABLE browser_sessions ADD COLUMN last_used_at TIMESTAMPTZ;

ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'all';
ALTER TABLE api_tokens ADD COLUMN last_used_at TIMESTAMPTZ;
