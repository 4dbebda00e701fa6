-- Second factors. The oldest one that a user has now is noted with the user, because each request asks whether there
-- is one; NULL: none.
ALTER TABLE users ADD COLUMN second_factor_since TIMESTAMPTZ;

-- How many factors were proved in a session, and when the second one was last; NULL: never. Sessions from
-- before, and those that the release before begins, have one.
ALTER TABLE sessions ADD COLUMN factors INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN second_factor_at TIMESTAMPTZ;

-- Logins that wait for a second factor. They are no sessions.
CREATE TABLE login_challenges (
    digest     BYTEA PRIMARY KEY NOT NULL,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    methods    TEXT NOT NULL,
    delivery   TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX login_challenges_user_id ON login_challenges (user_id);
CREATE INDEX login_challenges_expires_at ON login_challenges (expires_at);

-- Authenticator apps: one for each user at most. The secret is sealed under the secret key and bound to the user.
-- A code is accepted only if its step is later than the last one.
CREATE TABLE totp (
    user_id      UUID PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sealed       BYTEA NOT NULL,
    last_step    INT8 NOT NULL,
    tries        INTEGER NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
);

-- Codes for when a second factor is lost, each of which works once.
CREATE TABLE recovery_codes (
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, digest)
);
