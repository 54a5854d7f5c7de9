-- The few sessions whose end is announced: looked for once a second, among all that live.
CREATE INDEX sessions_ending ON sessions (ending_at) WHERE ended_at IS NULL AND ending_at IS NOT NULL;
