-- What readiness writes and commits now and then, to find out whether anything can be written down: one row, which
-- is the same for all replicas. It is of no size in between.
CREATE TABLE readiness (
    id         INTEGER PRIMARY KEY NOT NULL,
    ballast    BYTEA NOT NULL,
    written_at TIMESTAMPTZ NOT NULL
);
