-- What is limited, and when nothing is counted of it any more, in microseconds since 1970: a number,
-- because both databases add to one in the same words, and INT8 is a name that both have for 64 bits.
-- The meter is a keyed digest of the limit and of whom it counts; no address of anybody is in it.
-- There is no index by time: every attempt would pay for it, to spare one scan in ten minutes.
CREATE TABLE rate_limits (
    meter   BYTEA PRIMARY KEY NOT NULL,
    full_at INT8 NOT NULL
);

-- Units of a meter that attempts hold while it is found out whether they fail.
CREATE TABLE rate_limit_holds (
    meter      BYTEA NOT NULL,
    attempt    UUID NOT NULL,
    held_until INT8 NOT NULL,
    PRIMARY KEY (meter, attempt)
);

-- From where users have logged in, as a keyed digest of account and client, by which it is looked up
-- in the same way whether there is such an account or not.
CREATE TABLE known_clients (
    mark    BYTEA PRIMARY KEY NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seen_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX known_clients_user_id ON known_clients (user_id);
CREATE INDEX known_clients_seen_at ON known_clients (seen_at);
