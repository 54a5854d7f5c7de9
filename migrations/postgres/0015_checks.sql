-- Conditions on sessions and tickets are worded anew for SQLite; here nothing changes.
SELECT 1;
