-- Borrowing: a seat that is kept until a fixed time without being heard of, and the signed lease that says so offline.

-- The longest time for which a seat can be borrowed; 0: not at all. And how many may be borrowed at once; 0: all.
ALTER TABLE licenses ADD COLUMN borrow_seconds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE licenses ADD COLUMN borrow_seats INTEGER NOT NULL DEFAULT 0;

-- Until when it is, or was, borrowed. While it lives that is its lease, too.
ALTER TABLE sessions ADD COLUMN borrowed_until TEXT;

-- What leases are signed with (Ed25519): the seed of the secret key, as it is. The id is the thumbprint of the public key (RFC 7638).
CREATE TABLE borrow_keys (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    public TEXT NOT NULL,
    created_at TEXT NOT NULL,
    retired_at TEXT
) STRICT;

-- What tells this installation from others in leases; made with the first key.
ALTER TABLE account ADD COLUMN installation_id TEXT;
