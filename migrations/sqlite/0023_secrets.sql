-- Until when the public half of a key that signs no more is told to those who check leases. Its secret is deleted.
ALTER TABLE borrow_keys ADD COLUMN listed_until TEXT;
