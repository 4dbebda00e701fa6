-- People who may have an account, by their addresses: one invitation of each is open. The token is only in its email;
-- here is its digest, as soon as that has left. Without invited_by it is an operator's. It is deleted with the account
-- that sent it, and with the one that came of it.
CREATE TABLE invitations (
    id           UUID PRIMARY KEY NOT NULL,
    email        TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    role         TEXT NOT NULL,
    invited_by   UUID REFERENCES users (id) ON DELETE CASCADE,
    token_digest BYTEA UNIQUE,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    accepted_at  TIMESTAMPTZ,
    accepted_by  UUID REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX invitations_open ON invitations (email_key) WHERE accepted_at IS NULL;
CREATE INDEX invitations_expires_at ON invitations (expires_at);
CREATE INDEX invitations_invited_by ON invitations (invited_by);
CREATE INDEX invitations_accepted_by ON invitations (accepted_by);
