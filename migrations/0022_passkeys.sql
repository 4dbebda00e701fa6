-- Passkeys (Web Authentication Level 3): the public halves of key pairs. No two have the same credential id.
CREATE TABLE passkeys (
    id              UUID PRIMARY KEY NOT NULL,
    user_id         UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id   BYTEA NOT NULL,
    public_key      BYTEA NOT NULL,
    aaguid          BYTEA NOT NULL,
    transports      TEXT NOT NULL,
    sign_count      INT8 NOT NULL,
    backup_eligible BOOL NOT NULL,
    backed_up       BOOL NOT NULL,
    can_log_in      BOOL NOT NULL,
    name            TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    last_used_at    TIMESTAMPTZ,
    cloned_at       TIMESTAMPTZ
);

CREATE UNIQUE INDEX passkeys_credential_id ON passkeys (credential_id);
CREATE INDEX passkeys_user_id ON passkeys (user_id);

-- What authenticators know a user by: random bytes. NULL: the user never had a passkey.
ALTER TABLE users ADD COLUMN passkey_handle BYTEA;

CREATE UNIQUE INDEX users_passkey_handle ON users (passkey_handle);

-- What a login that waits for a second factor asks of passkeys; NULL: nothing, or it was begun by a release from before.
ALTER TABLE login_challenges ADD COLUMN passkey_state BYTEA;

-- Ceremonies that were finished: each can be finished once. Those that were only begun leave no row.
CREATE TABLE used_ceremonies (
    digest     BYTEA PRIMARY KEY NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX used_ceremonies_expires_at ON used_ceremonies (expires_at);
