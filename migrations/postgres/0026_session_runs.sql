-- The sessions of each user, by the names that SQLite has for them. Here they stay in their index.
CREATE VIEW user_sessions AS
SELECT user_id, created_at, id AS session_id, remote_device
FROM sessions;
