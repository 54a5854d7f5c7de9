-- Named seats that are kept although nobody uses them, each with the reason. Goes with the assignment.
CREATE TABLE unused_seat_exceptions (
    license_id UUID NOT NULL,
    user_id UUID NOT NULL,
    reason TEXT NOT NULL,
    until TIMESTAMPTZ,
    PRIMARY KEY (license_id, user_id),
    FOREIGN KEY (license_id, user_id) REFERENCES assignments (license_id, user_id) ON DELETE CASCADE
);

-- The refused requests, few among all events: each report of them reads these only.
CREATE INDEX events_refused ON events (license_id, position) WHERE kind = 'session_refused';
