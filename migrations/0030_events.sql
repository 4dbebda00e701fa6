-- What happened, for the programs of others. There are ids in it and nothing else. The number is given after the commit,
-- under the lock of the one row of event_numbers: so whoever has seen a number has seen all below it.
CREATE TABLE events (
    id         UUID PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    user_id    UUID,
    session_id UUID,
    number     INT8 CONSTRAINT events_number UNIQUE
);

CREATE INDEX events_new ON events (id) WHERE number IS NULL;
CREATE INDEX events_at ON events (at);

CREATE TABLE event_numbers (
    id   INTEGER PRIMARY KEY NOT NULL CONSTRAINT event_numbers_one CHECK (id = 1),
    last INT8 NOT NULL
);

INSERT INTO event_numbers (id, last) VALUES (1, 0);
