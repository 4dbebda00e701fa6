-- Devices on which a user skips the second factor for a while. The token is kept as its digest, and is one of this user
-- alone.
CREATE TABLE trusted_devices (
    id         UUID PRIMARY KEY NOT NULL,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest     BYTEA UNIQUE NOT NULL,
    device     TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX trusted_devices_user_id ON trusted_devices (user_id);
CREATE INDEX trusted_devices_expires_at ON trusted_devices (expires_at);
