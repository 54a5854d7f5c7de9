-- An import writes its progress together with its rows. What a row still waits for is noted beside it, so that whoever finds the
-- import after a crash can say what was done.
ALTER TABLE import_rows ADD COLUMN pending TEXT;
-- What was done other than usual, and why, as problems are written.
ALTER TABLE import_rows ADD COLUMN notices TEXT;

-- Why it failed, and when somebody asked it to stop.
ALTER TABLE imports ADD COLUMN failure TEXT;
ALTER TABLE imports ADD COLUMN cancel_requested_at TEXT;
