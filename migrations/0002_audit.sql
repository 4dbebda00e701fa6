-- What was done to accounts. The ids are no foreign keys: an event outlives the account.
CREATE TABLE audit_events (
    id         UUID PRIMARY KEY NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    act        TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    user_id    UUID,
    session_id UUID,
    request_id TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);

CREATE INDEX audit_events_user_id ON audit_events (user_id, id);
