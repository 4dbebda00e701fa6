-- What users have beside a name, and the names that they log in with. A profile is JSON as text: it
-- comes back to the byte, and no database has to read it.
ALTER TABLE users ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN username_key TEXT NOT NULL DEFAULT '';

ALTER TABLE sign_ups ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sign_ups ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ups ADD COLUMN username_key TEXT NOT NULL DEFAULT '';

-- Who holds a username: a user, or a sign-up until it expires. This is what makes a name unique among
-- both, whichever table its holder is in.
CREATE TABLE usernames (
    username_key TEXT PRIMARY KEY NOT NULL,
    user_id      UUID CONSTRAINT usernames_user_id UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    sign_up_id   UUID CONSTRAINT usernames_sign_up_id UNIQUE REFERENCES sign_ups (id) ON DELETE CASCADE,
    expires_at   TIMESTAMPTZ,
    CONSTRAINT usernames_holder CHECK ((user_id IS NULL) <> (sign_up_id IS NULL)),
    CONSTRAINT usernames_expires_at CHECK ((sign_up_id IS NULL) = (expires_at IS NULL))
);
