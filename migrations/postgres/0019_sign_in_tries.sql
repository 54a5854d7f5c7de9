-- Until when the tries at one account are used up: for strangers and for its known devices, passwords and codes, each a row.
-- Only a hash says whose they are, as strangers also try addresses that nobody has.
CREATE TABLE sign_in_tries (
    key_hash TEXT PRIMARY KEY,
    busy_until_ms BIGINT NOT NULL
);
CREATE INDEX sign_in_tries_over ON sign_in_tries (busy_until_ms);

-- Browsers in which a user has signed in before, by the secret of a cookie of their own.
CREATE TABLE known_devices (
    secret_hash TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (secret_hash, user_id)
);
CREATE INDEX known_devices_of_user ON known_devices (user_id, used_at);
