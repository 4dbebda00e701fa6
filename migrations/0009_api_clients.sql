-- Backends that may ask about tokens and end sessions, each known by the digest of its key.
CREATE TABLE api_clients (
    id           UUID PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL CONSTRAINT api_clients_name UNIQUE,
    key_digest   BYTEA NOT NULL CONSTRAINT api_clients_key_digest UNIQUE,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ
);

-- The backend that did it, or to which it was done. No foreign key: an event outlives it.
ALTER TABLE audit_events ADD COLUMN api_client_id UUID;
