-- The audit log: from where something was done, what it was done to, and seals that show whether the log was tampered with.

ALTER TABLE events ADD COLUMN address TEXT;
-- What it is about if that is neither a license nor a session: a group, a product, a token; or a name at that time.
ALTER TABLE events ADD COLUMN object_id TEXT;
ALTER TABLE events ADD COLUMN object_name TEXT;
-- The few that are not about seats, among millions that are.
CREATE INDEX events_plain ON events (kind, position) WHERE occupied IS NULL;

-- Each covers the events after the one before it, up to `position`, and the hash of the one before it.
CREATE TABLE event_seals (
    position INTEGER PRIMARY KEY,
    events INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- One row; whoever seals or prunes locks it. What is at or before `pruned` may be gone; the seal there is the new beginning.
CREATE TABLE seal_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash TEXT NOT NULL,
    pruned INTEGER NOT NULL
) STRICT;
INSERT INTO seal_head (id, position, hash, pruned) VALUES (1, 0, '', 0);
