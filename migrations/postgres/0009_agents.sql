-- What leads agents and customers into the product itself: the addresses that the gate sends people back to, and launch links.

-- JSON, always read and written whole: where the applications behind the gate are, as "https://app.example.org".
ALTER TABLE products ADD COLUMN gate_origins TEXT NOT NULL DEFAULT '[]';
-- Addresses with {support_key}, {session_id} and {token} in them, for the agent and for the customer.
ALTER TABLE products ADD COLUMN agent_link TEXT;
ALTER TABLE products ADD COLUMN customer_link TEXT;
-- What the tool behind these links checks tokens with.
ALTER TABLE products ADD COLUMN link_secret TEXT;

-- The keys that customers have joined with, as hashes, for a day: each is good once, and whoever comes later is told why.
CREATE TABLE joined_keys (
    key_hash TEXT PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions (id),
    at TIMESTAMPTZ NOT NULL
);
