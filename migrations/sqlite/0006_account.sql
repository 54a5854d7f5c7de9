-- Links by which people set their passwords, and what the account settles about signing in.

-- The hash of the secret in a link that can be used once. A link that is no longer good stays a while, so that whoever opens it is
-- told what became of it.
CREATE TABLE password_links (
    secret_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    invites INTEGER NOT NULL CHECK (invites IN (0, 1)),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE INDEX password_links_user ON password_links (user_id);

ALTER TABLE account ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
ALTER TABLE account ADD COLUMN password_min INTEGER NOT NULL DEFAULT 12;
ALTER TABLE account ADD COLUMN idle_minutes INTEGER NOT NULL DEFAULT 720;
ALTER TABLE account ADD COLUMN session_minutes INTEGER NOT NULL DEFAULT 720;

-- How somebody finds his sign-ins again: the browser, from where, and when it was last used (to about a minute).
ALTER TABLE browser_sessions ADD COLUMN id TEXT;
ALTER TABLE browser_sessions ADD COLUMN browser TEXT;
ALTER TABLE browser_sessions ADD COLUMN address TEXT;
ALTER TABLE browser_sessions ADD COLUMN last_used_at TEXT;

ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'all';
ALTER TABLE api_tokens ADD COLUMN last_used_at TEXT;
