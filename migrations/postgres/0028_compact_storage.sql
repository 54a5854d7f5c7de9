-- PostgreSQL stores ids and times in types of its own (UUID, TIMESTAMPTZ), which take 16 and 8 bytes. So nothing changes here:
-- SQLite's migration of this number gives its file the same.
SELECT 1;
