-- Saved views: the filters of a page under a name. A view is only an address: it grants no right. (The index's last
-- column gives it its name in errors, see `db/error.rs`.)
CREATE TABLE saved_views (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    page TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- The address after the `?`.
    query TEXT NOT NULL,
    -- Whether everybody who may see the page sees the view.
    shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX saved_views_name_key ON saved_views (owner_id, page, name_key);
CREATE INDEX saved_views_shared ON saved_views (page) WHERE shared;
