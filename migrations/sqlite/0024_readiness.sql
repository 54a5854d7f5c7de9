-- One row that is written to find out whether anything can be written; nothing depends on it.
CREATE TABLE readiness (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    checks INTEGER NOT NULL
) STRICT;

INSERT INTO readiness (id, checks) VALUES (1, 0);
