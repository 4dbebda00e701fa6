PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE schema_migrations (
	name       TEXT PRIMARY KEY NOT NULL,
	applied_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE users (
    id            UUID PRIMARY KEY NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL CONSTRAINT users_email_key UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    verified_at   TIMESTAMPTZ,
    disabled_at   TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    last_login_at TIMESTAMPTZ
, profile TEXT NOT NULL DEFAULT '{}', username TEXT NOT NULL DEFAULT '', username_key TEXT NOT NULL DEFAULT '', deleted_at TIMESTAMPTZ);
CREATE TABLE passwords (
    user_id    UUID PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE sign_ups (
    id            UUID PRIMARY KEY NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL
, profile TEXT NOT NULL DEFAULT '{}', username TEXT NOT NULL DEFAULT '', username_key TEXT NOT NULL DEFAULT '');
CREATE TABLE sessions (
    id               UUID PRIMARY KEY NOT NULL,
    user_id          UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_digest     BYTEA NOT NULL CONSTRAINT sessions_token_digest UNIQUE,
    created_at       TIMESTAMPTZ NOT NULL,
    last_seen_at     TIMESTAMPTZ NOT NULL,
    authenticated_at TIMESTAMPTZ NOT NULL,
    ends_at          TIMESTAMPTZ NOT NULL,
    ip_address       TEXT NOT NULL,
    user_agent       TEXT NOT NULL
);
CREATE TABLE one_time_tokens (
    digest     BYTEA PRIMARY KEY NOT NULL,
    purpose    TEXT NOT NULL,
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    sign_up_id UUID REFERENCES sign_ups (id) ON DELETE CASCADE,
    email_key  TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT one_time_tokens_owner CHECK (user_id IS NOT NULL OR sign_up_id IS NOT NULL)
);
CREATE TABLE outbox (
    id           UUID PRIMARY KEY NOT NULL,
    errand       TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    user_id      UUID,
    sign_up_id   UUID,
    created_at   TIMESTAMPTZ NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    attempts     INTEGER NOT NULL,
    lease_holder UUID,
    leased_until TIMESTAMPTZ,
    abandoned_at TIMESTAMPTZ,
    reason       TEXT NOT NULL
, request_id UUID, change_id UUID, address TEXT NOT NULL DEFAULT '', client_ip TEXT NOT NULL DEFAULT '', device TEXT NOT NULL DEFAULT '', redirect_url TEXT NOT NULL DEFAULT '');
CREATE TABLE audit_events (
    id         UUID PRIMARY KEY NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    act        TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    user_id    UUID,
    session_id UUID,
    request_id TEXT NOT NULL,
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE TABLE usernames (
    username_key TEXT PRIMARY KEY NOT NULL,
    user_id      UUID CONSTRAINT usernames_user_id UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    sign_up_id   UUID CONSTRAINT usernames_sign_up_id UNIQUE REFERENCES sign_ups (id) ON DELETE CASCADE,
    expires_at   TIMESTAMPTZ,
    CONSTRAINT usernames_holder CHECK ((user_id IS NULL) <> (sign_up_id IS NULL)),
    CONSTRAINT usernames_expires_at CHECK ((sign_up_id IS NULL) = (expires_at IS NULL))
);
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
CREATE TABLE wrong_codes (
    email_key  TEXT PRIMARY KEY NOT NULL,
    count      INTEGER NOT NULL,
    counted_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE email_changes (
    id            UUID PRIMARY KEY NOT NULL,
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    old_email     TEXT NOT NULL,
    old_email_key TEXT NOT NULL,
    new_email     TEXT NOT NULL,
    new_email_key TEXT NOT NULL,
    requested_at  TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    changed_at    TIMESTAMPTZ,
    undo_until    TIMESTAMPTZ,
    ip_address    TEXT NOT NULL,
    user_agent    TEXT NOT NULL,
    CONSTRAINT email_changes_made CHECK ((changed_at IS NULL) = (undo_until IS NULL))
);
CREATE TABLE email_change_tokens (
    digest     BYTEA PRIMARY KEY NOT NULL,
    purpose    TEXT NOT NULL,
    change_id  UUID NOT NULL REFERENCES email_changes (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE clients (
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client        TEXT NOT NULL,
    last_login_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, client)
);
CREATE TABLE leases (
    name       TEXT PRIMARY KEY NOT NULL,
    holder     UUID NOT NULL,
    held_until TIMESTAMPTZ NOT NULL
);
INSERT INTO schema_migrations (name, applied_at) VALUES ('0001_accounts.sql', '2026-11-22 06:19:01.409537+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0002_audit.sql', '2026-11-22 06:19:01.409788+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0003_profile.sql', '2026-11-22 06:19:01.414761+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0004_codes.sql', '2026-11-22 06:19:01.415116+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0005_email_change.sql', '2026-11-22 06:19:01.415796+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0006_sessions.sql', '2026-11-22 06:19:01.416361+00:00');
INSERT INTO schema_migrations (name, applied_at) VALUES ('0007_redirect.sql', '2026-11-22 06:19:01.416573+00:00');
INSERT INTO users (id, email, email_key, name, role, verified_at, disabled_at, created_at, updated_at, last_login_at, profile, username, username_key, deleted_at) VALUES ('01a201e8-7653-72c1-8459-18fa8d160d8f', 'ada@example.com', 'ada@example.com', 'A name', 'USER', '2026-11-22 06:19:01.587178+00:00', NULL, '2026-11-22 06:19:01.587178+00:00', '2026-11-22 06:19:01.587178+00:00', '2026-11-22 06:19:01.72142+00:00', '{}', 'Ada', 'ada', NULL);
INSERT INTO users (id, email, email_key, name, role, verified_at, disabled_at, created_at, updated_at, last_login_at, profile, username, username_key, deleted_at) VALUES ('01a201e8-767d-74e8-97aa-c422244cd867', 'carol@new.example.com', 'carol@new.example.com', 'A name', 'USER', '2026-11-22 06:19:01.691362+00:00', NULL, '2026-11-22 06:19:01.62932+00:00', '2026-11-22 06:19:01.691362+00:00', '2026-11-22 06:19:01.679577+00:00', '{}', '', '', NULL);
INSERT INTO passwords (user_id, hash, created_at) VALUES ('01a201e8-7653-72c1-8459-18fa8d160d8f', '$argon2id$v=19$m=19456,t=2,p=1$XNQJTtTVeEs0vPDSuYw/+A$pWDgIRjS0rLV63tvs8k8HrZ0Fh6ttgbf507m29ZGcb4', '2026-11-22 06:19:01.587178+00:00');
INSERT INTO passwords (user_id, hash, created_at) VALUES ('01a201e8-767d-74e8-97aa-c422244cd867', '$argon2id$v=19$m=19456,t=2,p=1$XsmEn7dkvUt57Slxoljt9A$/s7UjY4JTCIiFdYYR09f89ipOG0uGU2A0mrqloZCnjA', '2026-11-22 06:19:01.62932+00:00');
INSERT INTO sign_ups (id, email, email_key, name, password_hash, created_at, expires_at, profile, username, username_key) VALUES ('01a201e8-7602-7732-b5e2-081caba155d5', 'eve@example.com', 'eve@example.com', 'A name', '$argon2id$v=19$m=19456,t=2,p=1$OyBAEE88yIBvP+csnwl1wA$bSuUtAstmxvz9+5Hy3wIwa6WMl1pAbRjuCrILrODMIU', '2026-11-22 06:19:01.506445+00:00', '2026-11-29 06:19:01.506445+00:00', '{}', '', '');
INSERT INTO sign_ups (id, email, email_key, name, password_hash, created_at, expires_at, profile, username, username_key) VALUES ('01a201e8-7693-7dfe-bfc0-fab98db30076', 'bob@example.com', 'bob@example.com', 'A name', '$argon2id$v=19$m=19456,t=2,p=1$mdDgoUHaZtu7nouCszzzzw$2EDo6+vDBVvooNsGhJX23HsNsqJZ/Q1AMmElqXESW9w', '2026-11-22 06:19:01.65191+00:00', '2026-11-29 06:19:01.65191+00:00', '{}', 'Bob', 'bob');
INSERT INTO sessions (id, user_id, token_digest, created_at, last_seen_at, authenticated_at, ends_at, ip_address, user_agent) VALUES ('01a201e8-76b0-718c-a33c-6f59c877c673', '01a201e8-767d-74e8-97aa-c422244cd867', X'158E2807C9CC2B74F3FEBF91A67D3717F873F14B2D4C48C052344C56CDA436C8', '2026-11-22 06:19:01.679577+00:00', '2026-11-22 06:19:01.679577+00:00', '2026-11-22 06:19:01.679577+00:00', '2027-02-20 06:19:01.679577+00:00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO sessions (id, user_id, token_digest, created_at, last_seen_at, authenticated_at, ends_at, ip_address, user_agent) VALUES ('01a201e8-76da-7417-b60d-518569658924', '01a201e8-7653-72c1-8459-18fa8d160d8f', X'99AE8AB08798E33E4B5B64EE0ECAE3B9404F7C5328CF1B6DFD0D43B9BABC1A63', '2026-11-22 06:19:01.72142+00:00', '2026-11-22 06:19:01.72142+00:00', '2026-11-22 06:19:01.72142+00:00', '2027-02-20 06:19:01.72142+00:00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO one_time_tokens (digest, purpose, user_id, sign_up_id, email_key, created_at, expires_at) VALUES (X'BE9E7630ED01FBBDE1BC8328F598FF9F7233FC9365EB927F12A7606327FDB32F', 'confirm', NULL, '01a201e8-7602-7732-b5e2-081caba155d5', 'eve@example.com', '2026-11-22 06:19:01.510591+00:00', '2026-11-23 06:19:01.510591+00:00');
INSERT INTO one_time_tokens (digest, purpose, user_id, sign_up_id, email_key, created_at, expires_at) VALUES (X'A17011EB60FFA50979D9D866C57A588608D4BAE10D474EAACD9A78B2F036A72D', 'confirm', NULL, '01a201e8-7693-7dfe-bfc0-fab98db30076', 'bob@example.com', '2026-11-22 06:19:01.654812+00:00', '2026-11-23 06:19:01.654812+00:00');
INSERT INTO one_time_tokens (digest, purpose, user_id, sign_up_id, email_key, created_at, expires_at) VALUES (X'86FD3C3A3B539134F7D5B88D6138BAD3698B4255B4359503B055DC7CCED233C4', 'reset', '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, 'ada@example.com', '2026-11-22 06:19:01.730421+00:00', '2026-11-22 07:19:01.730421+00:00');
INSERT INTO one_time_tokens (digest, purpose, user_id, sign_up_id, email_key, created_at, expires_at) VALUES (X'4F22B7E539D5A1076B719378C2E8B7CE416CCBBB805AFF8EC32CB4766E478087', 'reset', '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, 'ada@example.com', '2026-11-22 06:19:01.744086+00:00', '2026-11-22 07:19:01.744086+00:00');
INSERT INTO outbox (id, errand, email_key, user_id, sign_up_id, created_at, due_at, attempts, lease_holder, leased_until, abandoned_at, reason, request_id, change_id, address, client_ip, device, redirect_url) VALUES ('01a201e8-7603-7010-abad-ecff348d1589', 'sign_up', '', NULL, '01a201e8-7602-7732-b5e2-081caba155d5', '2026-11-22 06:19:01.506445+00:00', '2026-11-22 06:19:01.506445+00:00', 1, NULL, NULL, '2026-11-22 06:19:01.512272+00:00', 'RCPT TO: the mail server answered 550 5.1.1 (address)', NULL, NULL, '', '127.0.0.1', 'Go', '');
INSERT INTO outbox (id, errand, email_key, user_id, sign_up_id, created_at, due_at, attempts, lease_holder, leased_until, abandoned_at, reason, request_id, change_id, address, client_ip, device, redirect_url) VALUES ('01a201e8-76ee-7632-b874-5bbc9282a3e9', 'password_reset', 'ada@example.com', NULL, NULL, '2026-11-22 06:19:01.742404+00:00', '2026-11-22 06:19:03.744913+00:00', 1, NULL, NULL, NULL, 'connecting: connection refused', NULL, NULL, '', '127.0.0.1', 'Go', '');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-7603-718d-a7b6-5e6e9c70a40c', '2026-11-22 06:19:01.507102+00:00', 'signed_up', 'ok', NULL, NULL, '01a201e8-75be-7a25-ba76-3478ed168ec0', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-7643-75eb-8377-0d7c2a1d154d', '2026-11-22 06:19:01.571388+00:00', 'signed_up', 'ok', NULL, NULL, '01a201e8-7619-78d9-b238-da03e90d4c62', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-7653-7718-9229-b7d6b3406944', '2026-11-22 06:19:01.587465+00:00', 'email_confirmed', 'ok', '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, '01a201e8-7652-7479-b7d6-aa82dbbf9f4c', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-7673-775b-bae3-abdb12b7b4d6', '2026-11-22 06:19:01.619482+00:00', 'signed_up', 'ok', NULL, NULL, '01a201e8-765d-7615-9044-0798a096d6b7', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-767d-77b1-b80f-10d751902eae', '2026-11-22 06:19:01.629504+00:00', 'email_confirmed', 'ok', '01a201e8-767d-74e8-97aa-c422244cd867', NULL, '01a201e8-767c-7c02-b0d9-27d781a7670b', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-7694-7b68-8202-4078dbdeb7f6', '2026-11-22 06:19:01.652748+00:00', 'signed_up', 'ok', NULL, NULL, '01a201e8-767e-7c10-adb2-61e26d2360d6', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76b0-776d-a4e1-fe4150fe4d1e', '2026-11-22 06:19:01.680487+00:00', 'logged_in', 'ok', '01a201e8-767d-74e8-97aa-c422244cd867', '01a201e8-76b0-718c-a33c-6f59c877c673', '01a201e8-7699-7063-8b38-71b421a2471c', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76b3-75cd-a1ad-a2c80184b46d', '2026-11-22 06:19:01.68338+00:00', 'email_change_requested', 'ok', '01a201e8-767d-74e8-97aa-c422244cd867', '01a201e8-76b0-718c-a33c-6f59c877c673', '01a201e8-76b2-713b-8e3c-67b120e6e48f', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76bc-71e0-b0f5-fe9320192ad0', '2026-11-22 06:19:01.692123+00:00', 'email_changed', 'ok', '01a201e8-767d-74e8-97aa-c422244cd867', '01a201e8-76b0-718c-a33c-6f59c877c673', '01a201e8-76ba-7100-b5ab-e244cc7a38c2', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76da-7b41-aeb9-07c023241a59', '2026-11-22 06:19:01.722737+00:00', 'logged_in', 'ok', '01a201e8-7653-72c1-8459-18fa8d160d8f', '01a201e8-76da-7417-b60d-518569658924', '01a201e8-76c3-7d11-8d58-9f32c2f6f967', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76dd-71f8-b7de-8f4679803ea7', '2026-11-22 06:19:01.725129+00:00', 'email_change_requested', 'ok', '01a201e8-7653-72c1-8459-18fa8d160d8f', '01a201e8-76da-7417-b60d-518569658924', '01a201e8-76dc-7581-875c-a3ca17581fa0', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76e0-7bf2-a619-6a7e44b02cef', '2026-11-22 06:19:01.728783+00:00', 'password_reset_requested', 'ok', NULL, NULL, '01a201e8-76e0-7887-b97c-64fd6a5419f9', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76e4-7345-9ac9-a5f87c4601dc', '2026-11-22 06:19:01.732214+00:00', 'code_requested', 'ok', NULL, NULL, '01a201e8-76e3-7e9b-add7-b80492d66cf3', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76ed-7510-9562-62b6f7845672', '2026-11-22 06:19:01.741332+00:00', 'logged_in_by_code', 'CODE_INVALID', '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, '01a201e8-76ec-7572-95bc-8791a66e9f0d', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent) VALUES ('01a201e8-76ee-7853-b775-0235cec27759', '2026-11-22 06:19:01.742545+00:00', 'password_reset_requested', 'ok', NULL, NULL, '01a201e8-76ee-7101-a38a-4a4662572dba', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO usernames (username_key, user_id, sign_up_id, expires_at) VALUES ('ada', '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, NULL);
INSERT INTO usernames (username_key, user_id, sign_up_id, expires_at) VALUES ('bob', NULL, '01a201e8-7693-7dfe-bfc0-fab98db30076', '2026-11-29 06:19:01.65191+00:00');
INSERT INTO one_time_codes (request_id, purpose, email_key, session_id, user_id, sign_up_id, digest, tries, created_at, expires_at) VALUES ('1f58ac4e-9040-433c-88a2-8a5f8b3b1596', 'login', 'ada@example.com', NULL, '01a201e8-7653-72c1-8459-18fa8d160d8f', NULL, X'0A222B73EB8AD03D11FB8C71D2BB1547FD6226F88A1E0D928FFE6F7B24DA2B8D', 1, '2026-11-22 06:19:01.732107+00:00', '2026-11-22 06:29:01.733911+00:00');
INSERT INTO wrong_codes (email_key, count, counted_at) VALUES ('ada@example.com', 1, '2026-11-22 06:19:01.740814+00:00');
INSERT INTO email_changes (id, user_id, old_email, old_email_key, new_email, new_email_key, requested_at, expires_at, changed_at, undo_until, ip_address, user_agent) VALUES ('01a201e8-76b3-7236-83af-3547ad068b7a', '01a201e8-767d-74e8-97aa-c422244cd867', 'carol@example.com', 'carol@example.com', 'carol@new.example.com', 'carol@new.example.com', '2026-11-22 06:19:01.683142+00:00', '2026-11-24 06:19:01.683142+00:00', '2026-11-22 06:19:01.691362+00:00', '2026-11-29 06:19:01.691362+00:00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO email_changes (id, user_id, old_email, old_email_key, new_email, new_email_key, requested_at, expires_at, changed_at, undo_until, ip_address, user_agent) VALUES ('01a201e8-76dc-7f37-a697-ba540b95e762', '01a201e8-7653-72c1-8459-18fa8d160d8f', 'ada@example.com', 'ada@example.com', 'ada@new.example.com', 'ada@new.example.com', '2026-11-22 06:19:01.724996+00:00', '2026-11-24 06:19:01.724996+00:00', NULL, NULL, '', '');
INSERT INTO email_change_tokens (digest, purpose, change_id, expires_at) VALUES (X'BF1D9E840D75B52AD093CE2FE910625C215D047282E878CA51BEE72B699A44A9', 'undo', '01a201e8-76b3-7236-83af-3547ad068b7a', '2026-11-29 06:19:01.691362+00:00');
INSERT INTO email_change_tokens (digest, purpose, change_id, expires_at) VALUES (X'FD36F67AF26444DA4C0F3B7978BBFA93132F39AE234613257B649947FB7DA7A4', 'email_change', '01a201e8-76dc-7f37-a697-ba540b95e762', '2026-11-23 06:19:01.727052+00:00');
INSERT INTO clients (user_id, client, last_login_at) VALUES ('01a201e8-767d-74e8-97aa-c422244cd867', '127.0.0.0/24 Go', '2026-11-22 06:19:01.679577+00:00');
INSERT INTO clients (user_id, client, last_login_at) VALUES ('01a201e8-7653-72c1-8459-18fa8d160d8f', '127.0.0.0/24 Go', '2026-11-22 06:19:01.72142+00:00');

CREATE INDEX sign_ups_email_key ON sign_ups (email_key);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX one_time_tokens_user_id ON one_time_tokens (user_id);
CREATE INDEX one_time_tokens_sign_up_id ON one_time_tokens (sign_up_id);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE abandoned_at IS NULL;
CREATE INDEX one_time_codes_user_id ON one_time_codes (user_id);
CREATE INDEX one_time_codes_created_at ON one_time_codes (created_at);
CREATE UNIQUE INDEX email_changes_waiting ON email_changes (user_id) WHERE changed_at IS NULL;
CREATE INDEX email_changes_user_id ON email_changes (user_id);
CREATE INDEX email_changes_old_email_key ON email_changes (old_email_key) WHERE changed_at IS NOT NULL;
CREATE INDEX email_change_tokens_change_id ON email_change_tokens (change_id);
CREATE INDEX users_deleted_at ON users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX audit_events_user_id ON audit_events (user_id, at, id);
CREATE INDEX audit_events_at ON audit_events (at, id);
CREATE INDEX sessions_ends_at ON sessions (ends_at);
CREATE INDEX one_time_tokens_expires_at ON one_time_tokens (expires_at);
CREATE INDEX sign_ups_expires_at ON sign_ups (expires_at);
CREATE INDEX outbox_abandoned_at ON outbox (abandoned_at) WHERE abandoned_at IS NOT NULL;
CREATE INDEX clients_last_login_at ON clients (last_login_at);
COMMIT;
