-- The sessions of each user, in sorted runs instead of indexes. In an index by user, each new session changed another page: half of
-- all that a batch of seats wrote. Now a session is appended to `unfiled_sessions`, and whenever these make up a run, the server
-- files them: sorted, at the end of `filed_sessions` (`db/filing.rs`). A query by user scans the unfiled ones and looks into each run.

-- The newest row is never filed, so that no number is used twice.
CREATE TABLE unfiled_sessions (
    number INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    session_id TEXT NOT NULL,
    remote_device TEXT
) STRICT;

CREATE TABLE filed_sessions (
    run INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    session_id TEXT NOT NULL,
    remote_device TEXT,
    PRIMARY KEY (run, user_id, created_at, session_id)
) STRICT, WITHOUT ROWID;

-- The runs that are complete. A run counts from the transaction on that also removes its sessions from the unfiled ones.
CREATE TABLE session_runs (
    run INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER sessions_to_file AFTER INSERT ON sessions BEGIN
    INSERT INTO unfiled_sessions (user_id, created_at, session_id, remote_device)
    VALUES (NEW.user_id, NEW.created_at, NEW.id, NEW.remote_device);
END;

-- Those of earlier versions are a run of their own, before all others.
INSERT INTO filed_sessions (run, user_id, created_at, session_id, remote_device)
SELECT -1, user_id, created_at, id, remote_device FROM sessions ORDER BY user_id, created_at, id;
INSERT INTO session_runs (run) VALUES (-1);

DROP INDEX sessions_user;
DROP INDEX sessions_remote_device;

CREATE VIEW user_sessions AS
SELECT user_id, created_at, session_id, remote_device
FROM unfiled_sessions
UNION ALL
SELECT filed.user_id, filed.created_at, filed.session_id, filed.remote_device
FROM session_runs
CROSS JOIN filed_sessions filed ON filed.run = session_runs.run;
