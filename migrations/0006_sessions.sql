-- What a notice says of the request that it is about; empty: not known.
ALTER TABLE outbox ADD COLUMN client_ip TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN device TEXT NOT NULL DEFAULT '';

-- Where a user has logged in from: a network and a kind of device, in words. It is kept apart from
-- the sessions, which are gone when they end.
CREATE TABLE clients (
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client        TEXT NOT NULL,
    last_login_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, client)
);

-- What one replica does for all of them: who has it, and how long.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY NOT NULL,
    holder     UUID NOT NULL,
    held_until TIMESTAMPTZ NOT NULL
);

-- The trail is read in order of time.
DROP INDEX audit_events_user_id;
CREATE INDEX audit_events_user_id ON audit_events (user_id, at, id);
CREATE INDEX audit_events_at ON audit_events (at, id);

-- By these the clean-up finds what has expired. There is none for the idle time of sessions: it
-- would make each use of a session dearer, to spare one scan in ten minutes.
CREATE INDEX sessions_ends_at ON sessions (ends_at);
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX sign_ups_expires_at ON sign_ups (expires_at);
CREATE INDEX outbox_abandoned_at ON outbox (abandoned_at) WHERE abandoned_at IS NOT NULL;
CREATE INDEX clients_last_login_at ON clients (last_login_at);
