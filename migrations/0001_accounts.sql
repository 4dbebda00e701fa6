-- Users, what they log in with, sign-ups that are not users yet, sessions, one-time tokens, and
-- the mail that is owed. Ids are UUIDv7, so their order is the order of creation. Times are UTC.

CREATE TABLE users (
    id            UUID PRIMARY KEY NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL CONSTRAINT users_email_key UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    verified_at   TIMESTAMPTZ,
    disabled_at   TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    last_login_at TIMESTAMPTZ
);

-- A user is who somebody is; a credential is how they show it.
CREATE TABLE passwords (
    user_id    UUID PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- An address may have several, so it is not unique here.
CREATE TABLE sign_ups (
    id            UUID PRIMARY KEY NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL
);

CREATE INDEX sign_ups_email_key ON sign_ups (email_key);

CREATE TABLE sessions (
    id               UUID PRIMARY KEY NOT NULL,
    user_id          UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_digest     BYTEA NOT NULL CONSTRAINT sessions_token_digest UNIQUE,
    created_at       TIMESTAMPTZ NOT NULL,
    last_seen_at     TIMESTAMPTZ NOT NULL,
    authenticated_at TIMESTAMPTZ NOT NULL,
    ends_at          TIMESTAMPTZ NOT NULL,
    ip_address       TEXT NOT NULL,
    user_agent       TEXT NOT NULL
);

CREATE INDEX sessions_user_id ON sessions (user_id);

CREATE TABLE one_time_tokens (
    digest     BYTEA PRIMARY KEY NOT NULL,
    purpose    TEXT NOT NULL,
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    sign_up_id UUID REFERENCES sign_ups (id) ON DELETE CASCADE,
    email_key  TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT one_time_tokens_owner CHECK (user_id IS NOT NULL OR sign_up_id IS NOT NULL)
);

CREATE INDEX one_time_tokens_user_id ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_sign_up_id ON one_time_tokens (sign_up_id);

-- The ids are no foreign keys: an item outlives whom it is about, and whether anybody is to get a
-- mail is decided when it is sent.
CREATE TABLE outbox (
    id           UUID PRIMARY KEY NOT NULL,
    errand       TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    user_id      UUID,
    sign_up_id   UUID,
    created_at   TIMESTAMPTZ NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    attempts     INTEGER NOT NULL,
    lease_holder UUID,
    leased_until TIMESTAMPTZ,
    abandoned_at TIMESTAMPTZ,
    reason       TEXT NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_at, id) WHERE abandoned_at IS NULL;
