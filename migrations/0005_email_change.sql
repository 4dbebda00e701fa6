-- Changes of address, with their one-time tokens, and accounts that are deleted but not erased yet.

-- A change waits for its confirmation, or was made. While one that was made can be undone, its old
-- address is nobody else's.
CREATE TABLE email_changes (
    id            UUID PRIMARY KEY NOT NULL,
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    old_email     TEXT NOT NULL,
    old_email_key TEXT NOT NULL,
    new_email     TEXT NOT NULL,
    new_email_key TEXT NOT NULL,
    requested_at  TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    changed_at    TIMESTAMPTZ,
    undo_until    TIMESTAMPTZ,
    ip_address    TEXT NOT NULL,
    user_agent    TEXT NOT NULL,
    CONSTRAINT email_changes_made CHECK ((changed_at IS NULL) = (undo_until IS NULL))
);

CREATE UNIQUE INDEX email_changes_waiting ON email_changes (user_id) WHERE changed_at IS NULL;
CREATE INDEX email_changes_user_id ON email_changes (user_id);
CREATE INDEX email_changes_old_email_key ON email_changes (old_email_key) WHERE changed_at IS NOT NULL;

-- Apart from one_time_tokens, because nothing but the end of the change itself may void an undo.
CREATE TABLE email_change_tokens (
    digest     BYTEA PRIMARY KEY NOT NULL,
    purpose    TEXT NOT NULL,
    change_id  UUID NOT NULL REFERENCES email_changes (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX email_change_tokens_change_id ON email_change_tokens (change_id);

ALTER TABLE users ADD COLUMN deleted_at TIMESTAMPTZ;
CREATE INDEX users_deleted_at ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- The change that a mail is about, and the address of one that is owed to somebody who is gone.
ALTER TABLE outbox ADD COLUMN change_id UUID;
ALTER TABLE outbox ADD COLUMN address TEXT NOT NULL DEFAULT '';
