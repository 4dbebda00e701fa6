-- Codes that are mailed and typed by hand. A row is a request for one, and is written alike whether
-- anybody has the address or not; whom the code belongs to, and its digest, are added when the mail
-- is composed. The sign-up is no foreign key: its going must not take the row along, which would
-- tell that there was one.
CREATE TABLE one_time_codes (
    request_id UUID PRIMARY KEY NOT NULL,
    purpose    TEXT NOT NULL,
    email_key  TEXT NOT NULL,
    session_id UUID,
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    sign_up_id UUID,
    digest     BYTEA,
    tries      INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ
);

CREATE INDEX one_time_codes_user_id ON one_time_codes (user_id);
CREATE INDEX one_time_codes_created_at ON one_time_codes (created_at);

-- How many wrong codes in a row were given for an address, be it anybody's or not. It is apart from
-- the users, so that counting needs no lock of theirs and is the same work for all.
CREATE TABLE wrong_codes (
    email_key  TEXT PRIMARY KEY NOT NULL,
    count      INTEGER NOT NULL,
    counted_at TIMESTAMPTZ NOT NULL
);

-- The request that a code in a mail belongs to.
ALTER TABLE outbox ADD COLUMN request_id UUID;
