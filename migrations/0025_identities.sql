-- Accounts at providers with which users sign in. Issuer and subject name one for good, and it is one user's.
CREATE TABLE identities (
    id           UUID PRIMARY KEY NOT NULL,
    user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    provider     TEXT NOT NULL,
    email        TEXT NOT NULL,
    name         TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    CONSTRAINT identities_issuer_subject UNIQUE (issuer, subject)
);

CREATE INDEX identities_user_id ON identities (user_id);

-- Ways to a provider and back, by the digests of their states.
CREATE TABLE provider_flows (
    digest       BYTEA PRIMARY KEY NOT NULL,
    provider     TEXT NOT NULL,
    sealed       BYTEA NOT NULL,
    challenge    BYTEA NOT NULL,
    redirect_url TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL
);

CREATE INDEX provider_flows_expires_at ON provider_flows (expires_at);

-- What a provider said of somebody who has yet to use it, or to prove something first.
CREATE TABLE pending_identities (
    digest     BYTEA PRIMARY KEY NOT NULL,
    identity   BYTEA NOT NULL,
    challenge  BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX pending_identities_expires_at ON pending_identities (expires_at);
