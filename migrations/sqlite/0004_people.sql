-- Where users came from, managers who are limited to groups, users who were deleted and whose name the history keeps.

ALTER TABLE users ADD COLUMN source TEXT NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'import', 'directory'));
ALTER TABLE users ADD COLUMN limited_to_groups INTEGER NOT NULL DEFAULT 0 CHECK (limited_to_groups IN (0, 1));
ALTER TABLE users ADD COLUMN deleted_at TEXT;
-- With everything that lists are filtered by: who does not fit is passed by without looking at his row.
CREATE INDEX users_listed ON users (name_key, id, email_key, status, role, source, last_active_at, created_at)
    WHERE deleted_at IS NULL;
DROP INDEX users_name_key;
CREATE INDEX users_active ON users (COALESCE(last_active_at, created_at), id);
CREATE INDEX users_created ON users (created_at, id);

CREATE TABLE group_managers (
    group_id TEXT NOT NULL REFERENCES groups (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_managers_user ON group_managers (user_id);
