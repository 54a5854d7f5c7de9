-- The refused requests of each user, the newest of which their page shows.
CREATE INDEX events_refused_user ON events (user_id, position) WHERE kind = 'session_refused';
