-- Who waits for a license that a rule could not assign, the longest first; and whose role a rule gave.

CREATE INDEX directory_failures_license ON directory_failures (license_id, since);
CREATE INDEX directory_users_given_role ON directory_users (user_id) WHERE given_role IS NOT NULL;
