-- Sessions in which an administrator acts as the user: who does, and in which session of theirs, with which they end.
ALTER TABLE sessions ADD COLUMN actor_id UUID;
ALTER TABLE sessions ADD COLUMN actor_session_id UUID REFERENCES sessions (id) ON DELETE CASCADE;

CREATE INDEX sessions_actor_id ON sessions (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX sessions_actor_session_id ON sessions (actor_session_id) WHERE actor_session_id IS NOT NULL;
