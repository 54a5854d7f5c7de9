-- Whether a provider is asked to send its answer in a form (OAuth 2.0 Form Post Response Mode).
ALTER TABLE sign_in_providers ADD COLUMN form_post INTEGER NOT NULL DEFAULT 0 CHECK (form_post IN (0, 1));

-- What was found in sign-ins by a provider since it was last changed, for the admin who tests it: one row for each kind.
CREATE TABLE sign_in_provider_findings (
    provider_id TEXT NOT NULL REFERENCES sign_in_providers (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    claim TEXT,
    detail TEXT,
    times INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (provider_id, code)
) STRICT;
