-- One row that is written to find out whether anything can be written; nothing depends on it.
CREATE TABLE readiness (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    checks BIGINT NOT NULL
);

INSERT INTO readiness (id, checks) VALUES (1, 0);
