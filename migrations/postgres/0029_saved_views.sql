-- Saved views: the filters of a page under a name. A view is only an address: it grants no right.
CREATE TABLE saved_views (
    id UUID PRIMARY KEY,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    page TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- The address after the `?`.
    query TEXT NOT NULL,
    -- Whether everybody who may see the page sees the view.
    shared BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX saved_views_name_key ON saved_views (owner_id, page, name_key);
CREATE INDEX saved_views_shared ON saved_views (page) WHERE shared;
