-- Which form of which browser made a mailed link work, for some minutes: of two clicks on two replicas the second hears
-- that it is done. The mark is a keyed digest of the browser and of what it sent.
CREATE TABLE followed_links (
    mark        BYTEA PRIMARY KEY NOT NULL,
    followed_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX followed_links_followed_at ON followed_links (followed_at);
