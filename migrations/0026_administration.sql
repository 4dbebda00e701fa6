-- Why an operator or administrator disabled an account; empty: not said, or the account is not disabled.
ALTER TABLE users ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '';

-- Users are listed by when they were created and by when they last signed in; whoever never did comes before all others.
-- By email address users_email_key lists them, where texts are in order of their bytes.
CREATE INDEX users_created_at ON users (created_at, id);

-- These are few, and would be looked for among all.
CREATE INDEX users_staff ON users (role, created_at, id) WHERE role <> 'USER';
CREATE INDEX users_disabled_at ON users (created_at, id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_unverified ON users (created_at, id) WHERE verified_at IS NULL;

-- The search by prefixes needs the order of bytes, which on Postgres is not that of the database. Both lower the
-- capitals of ASCII alone here.
-- +only postgres
CREATE INDEX users_last_login_at ON users (COALESCE(last_login_at, '-infinity'), id);
CREATE INDEX users_email_prefix ON users (email_key COLLATE "C");
CREATE INDEX users_username_prefix ON users (username_key COLLATE "C");
CREATE INDEX users_name_prefix ON users (lower(name COLLATE "C"));
-- +end
-- +only sqlite
CREATE INDEX users_last_login_at ON users (COALESCE(last_login_at, ''), id);
CREATE INDEX users_username_prefix ON users (username_key);
CREATE INDEX users_name_prefix ON users (lower(name));
-- +end

-- The audit trail is filtered by what was done, from where, and by whom.
CREATE INDEX audit_events_act ON audit_events (act, at, id);
CREATE INDEX audit_events_ip_address ON audit_events (ip_address, at, id) WHERE ip_address <> '';
CREATE INDEX audit_events_actor ON audit_events (actor, at, id) WHERE actor <> '';
