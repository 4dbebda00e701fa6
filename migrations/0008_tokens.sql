-- JWTs carry the generation of their session's tokens: a renewal begins the next, which ends them.
ALTER TABLE sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

-- A session has one chain of refresh tokens at most. Of its tokens one is good; all share the family,
-- so that one which was used long ago is known as one of the chain.
CREATE TABLE refresh_chains (
    session_id UUID PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    family     BYTEA NOT NULL CONSTRAINT refresh_chains_family UNIQUE,
    digest     BYTEA NOT NULL,
    previous   BYTEA,
    sealed     BYTEA,
    rotated_at TIMESTAMPTZ NOT NULL
);

-- What can be opened by a token that was used goes half a minute later.
CREATE INDEX refresh_chains_sealed ON refresh_chains (rotated_at) WHERE sealed IS NOT NULL;

-- The keys that sign JWTs, their private halves sealed under the secret key. By its number, a key is
-- made once, however many replicas make it.
CREATE TABLE signing_keys (
    number     INTEGER PRIMARY KEY NOT NULL,
    kid        TEXT NOT NULL,
    algorithm  TEXT NOT NULL,
    sealed     BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    signs_from TIMESTAMPTZ NOT NULL
);
