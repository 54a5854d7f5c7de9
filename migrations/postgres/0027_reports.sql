-- The usage of a license or product on each finished local day, so that a report of a year need not read a year of
-- events, and so that the usage is kept when old events are removed. Days follow each other without gaps.
CREATE TABLE usage_days (
    -- The license or product.
    scope_id UUID NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    -- The time zone whose day it is, and the form in which it is written.
    time_zone TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- The last event that counts.
    position BIGINT NOT NULL,
    -- How many users had a session, by the earlier day on which they had one.
    users TEXT NOT NULL,
    summary TEXT NOT NULL,
    -- Who has and who waits for a seat at the end: JSON.
    state TEXT NOT NULL,
    -- The quarters of an hour, which only reports of few days read.
    quarters TEXT NOT NULL,
    PRIMARY KEY (scope_id, starts_at)
);

-- Who had a session on a stored day. From this, the different users of several days are counted.
CREATE TABLE usage_day_users (
    scope_id UUID NOT NULL,
    user_id UUID NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (scope_id, user_id, starts_at)
);

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
