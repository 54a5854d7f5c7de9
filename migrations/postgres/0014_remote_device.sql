-- What an unattended session works at: the name that the agent gave to the device at the other end.
ALTER TABLE sessions ADD COLUMN remote_device TEXT;
ALTER TABLE tickets ADD COLUMN remote_device TEXT;
CREATE INDEX sessions_remote_device ON sessions (user_id, created_at) WHERE remote_device IS NOT NULL;
