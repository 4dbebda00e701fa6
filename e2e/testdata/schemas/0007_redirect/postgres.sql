SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.audit_events (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    act text NOT NULL,
    outcome text NOT NULL,
    user_id uuid,
    session_id uuid,
    request_id text NOT NULL,
    ip_address text NOT NULL,
    user_agent text NOT NULL
);
CREATE TABLE public.clients (
    user_id uuid NOT NULL,
    client text NOT NULL,
    last_login_at timestamp with time zone NOT NULL
);
CREATE TABLE public.email_change_tokens (
    digest bytea NOT NULL,
    purpose text NOT NULL,
    change_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.email_changes (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    old_email text NOT NULL,
    old_email_key text NOT NULL,
    new_email text NOT NULL,
    new_email_key text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone,
    undo_until timestamp with time zone,
    ip_address text NOT NULL,
    user_agent text NOT NULL,
    CONSTRAINT email_changes_made CHECK (((changed_at IS NULL) = (undo_until IS NULL)))
);
CREATE TABLE public.leases (
    name text NOT NULL,
    holder uuid NOT NULL,
    held_until timestamp with time zone NOT NULL
);
CREATE TABLE public.one_time_codes (
    request_id uuid NOT NULL,
    purpose text NOT NULL,
    email_key text NOT NULL,
    session_id uuid,
    user_id uuid,
    sign_up_id uuid,
    digest bytea,
    tries integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone
);
CREATE TABLE public.one_time_tokens (
    digest bytea NOT NULL,
    purpose text NOT NULL,
    user_id uuid,
    sign_up_id uuid,
    email_key text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT one_time_tokens_owner CHECK (((user_id IS NOT NULL) OR (sign_up_id IS NOT NULL)))
);
CREATE TABLE public.outbox (
    id uuid NOT NULL,
    errand text NOT NULL,
    email_key text NOT NULL,
    user_id uuid,
    sign_up_id uuid,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL,
    lease_holder uuid,
    leased_until timestamp with time zone,
    abandoned_at timestamp with time zone,
    reason text NOT NULL,
    request_id uuid,
    change_id uuid,
    address text DEFAULT ''::text NOT NULL,
    client_ip text DEFAULT ''::text NOT NULL,
    device text DEFAULT ''::text NOT NULL,
    redirect_url text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.passwords (
    user_id uuid NOT NULL,
    hash text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    applied_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_digest bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    authenticated_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ip_address text NOT NULL,
    user_agent text NOT NULL
);
CREATE TABLE public.sign_ups (
    id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    profile text DEFAULT '{}'::text NOT NULL,
    username text DEFAULT ''::text NOT NULL,
    username_key text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.usernames (
    username_key text NOT NULL,
    user_id uuid,
    sign_up_id uuid,
    expires_at timestamp with time zone,
    CONSTRAINT usernames_expires_at CHECK (((sign_up_id IS NULL) = (expires_at IS NULL))),
    CONSTRAINT usernames_holder CHECK (((user_id IS NULL) <> (sign_up_id IS NULL)))
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    verified_at timestamp with time zone,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    last_login_at timestamp with time zone,
    profile text DEFAULT '{}'::text NOT NULL,
    username text DEFAULT ''::text NOT NULL,
    username_key text DEFAULT ''::text NOT NULL,
    deleted_at timestamp with time zone
);
CREATE TABLE public.wrong_codes (
    email_key text NOT NULL,
    count integer NOT NULL,
    counted_at timestamp with time zone NOT NULL
);
INSERT INTO public.audit_events VALUES ('01a201e8-7fe6-7864-a035-f1445dda4b6c', '2026-11-22 06:19:04.03855+00', 'signed_up', 'ok', NULL, NULL, '01a201e8-7fbc-7cb5-8687-c4131ccd335a', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-8037-7d69-ba79-a233611e82ec', '2026-11-22 06:19:04.119879+00', 'signed_up', 'ok', NULL, NULL, '01a201e8-7ffc-7721-913a-e2e40289e4ec', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-803d-7933-9dd8-92866e8c45f8', '2026-11-22 06:19:04.125603+00', 'email_confirmed', 'ok', '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, '01a201e8-803b-729c-959e-0555da38c938', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-8064-7929-a490-cd3783811409', '2026-11-22 06:19:04.1646+00', 'signed_up', 'ok', NULL, NULL, '01a201e8-803e-742e-bf92-ff8c7ff66977', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-8068-7f1f-82fd-b029d0bb9530', '2026-11-22 06:19:04.168991+00', 'email_confirmed', 'ok', '01a201e8-8068-775d-8f85-feebe018276b', NULL, '01a201e8-8067-78a8-80f3-26eeb09b51c8', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-8080-71d8-92f1-2c5999ec00fd', '2026-11-22 06:19:04.192121+00', 'signed_up', 'ok', NULL, NULL, '01a201e8-8069-7801-8ba8-b969d5557707', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80a8-7e7f-91ac-5fad67f1a73d', '2026-11-22 06:19:04.23295+00', 'logged_in', 'ok', '01a201e8-8068-775d-8f85-feebe018276b', '01a201e8-80a7-7348-8f76-547b99a8afe9', '01a201e8-8084-7926-818f-a8574aee5ca5', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80ac-7809-904c-e03a6fce8d19', '2026-11-22 06:19:04.236526+00', 'email_change_requested', 'ok', '01a201e8-8068-775d-8f85-feebe018276b', '01a201e8-80a7-7348-8f76-547b99a8afe9', '01a201e8-80aa-71d3-b957-04e46b120dc7', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80b5-76f1-a879-dbcea722c3e5', '2026-11-22 06:19:04.245455+00', 'email_changed', 'ok', '01a201e8-8068-775d-8f85-feebe018276b', '01a201e8-80a7-7348-8f76-547b99a8afe9', '01a201e8-80af-7ad6-856c-3e1c19b85523', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80d2-76fc-84e6-f350d30b3799', '2026-11-22 06:19:04.274458+00', 'logged_in', 'ok', '01a201e8-803c-78b1-bc6f-52003f932a38', '01a201e8-80d1-7618-97da-76d22df810a2', '01a201e8-80b7-7c10-867a-01b4f9e37f34', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80d5-768d-b3d9-3ab134c9030b', '2026-11-22 06:19:04.277429+00', 'email_change_requested', 'ok', '01a201e8-803c-78b1-bc6f-52003f932a38', '01a201e8-80d1-7618-97da-76d22df810a2', '01a201e8-80d3-794b-bcfb-bb240b6e6708', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80d9-7065-9763-e0d096556778', '2026-11-22 06:19:04.281026+00', 'password_reset_requested', 'ok', NULL, NULL, '01a201e8-80d8-7695-8198-193d0822bfbf', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80dc-7629-a0b5-adb5447e5a71', '2026-11-22 06:19:04.284403+00', 'code_requested', 'ok', NULL, NULL, '01a201e8-80db-7983-ad18-28e5960f598b', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80e0-7994-9d90-f10dd893d703', '2026-11-22 06:19:04.288628+00', 'logged_in_by_code', 'CODE_INVALID', '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, '01a201e8-80df-74f5-9ef4-794e6caebc81', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.audit_events VALUES ('01a201e8-80e3-700f-88d8-b9d25b39ac38', '2026-11-22 06:19:04.291004+00', 'password_reset_requested', 'ok', NULL, NULL, '01a201e8-80e2-7972-a932-f81fbced120e', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.clients VALUES ('01a201e8-8068-775d-8f85-feebe018276b', '127.0.0.0/24 Go', '2026-11-22 06:19:04.228633+00');
INSERT INTO public.clients VALUES ('01a201e8-803c-78b1-bc6f-52003f932a38', '127.0.0.0/24 Go', '2026-11-22 06:19:04.271973+00');
INSERT INTO public.email_change_tokens VALUES ('\x1d05aca161c48fa76db901e266daa06cfdbd12c46e935aa5c8a3c5425b9db7cc', 'undo', '01a201e8-80ab-7d97-9899-901570385533', '2026-11-29 06:19:04.2436+00');
INSERT INTO public.email_change_tokens VALUES ('\xcda2decb76ec3ac892cb4b6589e98e1bba65ef7959ae2287c16ee0cc9efb6411', 'email_change', '01a201e8-80d4-7e9b-b433-c8c2a291eed3', '2026-11-23 06:19:04.27915+00');
INSERT INTO public.email_changes VALUES ('01a201e8-80ab-7d97-9899-901570385533', '01a201e8-8068-775d-8f85-feebe018276b', 'carol@example.com', 'carol@example.com', 'carol@new.example.com', 'carol@new.example.com', '2026-11-22 06:19:04.235888+00', '2026-11-24 06:19:04.235888+00', '2026-11-22 06:19:04.2436+00', '2026-11-29 06:19:04.2436+00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.email_changes VALUES ('01a201e8-80d4-7e9b-b433-c8c2a291eed3', '01a201e8-803c-78b1-bc6f-52003f932a38', 'ada@example.com', 'ada@example.com', 'ada@new.example.com', 'ada@new.example.com', '2026-11-22 06:19:04.276955+00', '2026-11-24 06:19:04.276955+00', NULL, NULL, '', '');
INSERT INTO public.one_time_codes VALUES ('5b2ec887-d0a9-48b2-95ce-16f4ecacc98d', 'login', 'ada@example.com', NULL, '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, '\x8585e65c33424b1b9c8b733c8e8dc9c42c72c839c35e9198a7f09fcf9ac7f136', 1, '2026-11-22 06:19:04.283749+00', '2026-11-22 06:29:04.285589+00');
INSERT INTO public.one_time_tokens VALUES ('\x725ab6456120b3832fdc00700ae82e7fa7c50d5e3d544c7325b31b7a9f29f8c4', 'confirm', NULL, '01a201e8-7fe2-71b4-99d4-a0fc9d652aea', 'eve@example.com', '2026-11-22 06:19:04.043284+00', '2026-11-23 06:19:04.043284+00');
INSERT INTO public.one_time_tokens VALUES ('\xbbf4d16bd374fab887b3a9fbee92d199c38ea059159ad6e4efe8f2f519c4c3e3', 'confirm', NULL, '01a201e8-807e-7a46-9d0c-9637d06d7ab7', 'bob@example.com', '2026-11-22 06:19:04.195091+00', '2026-11-23 06:19:04.195091+00');
INSERT INTO public.one_time_tokens VALUES ('\xe3b5e2d1d0a1c6be26c84cef4d850b344061575406cb718f4d40418605bd92b7', 'reset', '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, 'ada@example.com', '2026-11-22 06:19:04.282285+00', '2026-11-22 07:19:04.282285+00');
INSERT INTO public.one_time_tokens VALUES ('\xc01ec68c3245c944be584a2671a85936540e64c1c8608b1acdd1fbf9ef97c8ed', 'reset', '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, 'ada@example.com', '2026-11-22 06:19:04.292199+00', '2026-11-22 07:19:04.292199+00');
INSERT INTO public.outbox VALUES ('01a201e8-7fe6-70bb-be22-f111b70dfe0e', 'sign_up', '', NULL, '01a201e8-7fe2-71b4-99d4-a0fc9d652aea', '2026-11-22 06:19:04.034108+00', '2026-11-22 06:19:04.034108+00', 1, NULL, NULL, '2026-11-22 06:19:04.044811+00', 'RCPT TO: the mail server answered 550 5.1.1 (address)', NULL, NULL, '', '127.0.0.1', 'Go', '');
INSERT INTO public.outbox VALUES ('01a201e8-80e2-7d40-9e2f-07ab2102dd83', 'password_reset', 'ada@example.com', NULL, NULL, '2026-11-22 06:19:04.290866+00', '2026-11-22 06:19:06.292761+00', 1, NULL, NULL, NULL, 'connecting: connection refused', NULL, NULL, '', '127.0.0.1', 'Go', '');
INSERT INTO public.passwords VALUES ('01a201e8-803c-78b1-bc6f-52003f932a38', '$argon2id$v=19$m=19456,t=2,p=1$+zIePZxagI6BbYPAeOgiIA$ucwMUoqr50+Cpu87qs95IjY/9Z/TYi1QICq+uzE7zmE', '2026-11-22 06:19:04.124568+00');
INSERT INTO public.passwords VALUES ('01a201e8-8068-775d-8f85-feebe018276b', '$argon2id$v=19$m=19456,t=2,p=1$TTk8drrhk8ADjaYEgcsD1Q$LgH3JDYofLKnzaWNpq0k5MlvF9SxRHSUVFt715K/L04', '2026-11-22 06:19:04.168481+00');
INSERT INTO public.schema_migrations VALUES ('0001_accounts.sql', '2026-11-22 06:19:03.96487+00');
INSERT INTO public.schema_migrations VALUES ('0002_audit.sql', '2026-11-22 06:19:03.969093+00');
INSERT INTO public.schema_migrations VALUES ('0003_profile.sql', '2026-11-22 06:19:03.972469+00');
INSERT INTO public.schema_migrations VALUES ('0004_codes.sql', '2026-11-22 06:19:03.976771+00');
INSERT INTO public.schema_migrations VALUES ('0005_email_change.sql', '2026-11-22 06:19:03.985615+00');
INSERT INTO public.schema_migrations VALUES ('0006_sessions.sql', '2026-11-22 06:19:03.993429+00');
INSERT INTO public.schema_migrations VALUES ('0007_redirect.sql', '2026-11-22 06:19:03.993832+00');
INSERT INTO public.sessions VALUES ('01a201e8-80a7-7348-8f76-547b99a8afe9', '01a201e8-8068-775d-8f85-feebe018276b', '\x89c913889edb04dfc5f4128047308eda862752d86b6ab1ae7292c545ed7f1977', '2026-11-22 06:19:04.228633+00', '2026-11-22 06:19:04.228633+00', '2026-11-22 06:19:04.228633+00', '2027-02-20 06:19:04.228633+00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.sessions VALUES ('01a201e8-80d1-7618-97da-76d22df810a2', '01a201e8-803c-78b1-bc6f-52003f932a38', '\xec10231df19566cbb5ab0f3747c6fa75241d9c3410b3f07f35d53dc26c1d3cbd', '2026-11-22 06:19:04.271973+00', '2026-11-22 06:19:04.271973+00', '2026-11-22 06:19:04.271973+00', '2027-02-20 06:19:04.271973+00', '127.0.0.1', 'Go-http-client/1.1');
INSERT INTO public.sign_ups VALUES ('01a201e8-7fe2-71b4-99d4-a0fc9d652aea', 'eve@example.com', 'eve@example.com', 'A name', '$argon2id$v=19$m=19456,t=2,p=1$0B+Gx8EOL0Yi9Arwcg2UvA$fpwBPlClBMTAjUYYBMU5RPkloy6pnlJVzvdXrRU4t6Y', '2026-11-22 06:19:04.034108+00', '2026-11-29 06:19:04.034108+00', '{}', '', '');
INSERT INTO public.sign_ups VALUES ('01a201e8-807e-7a46-9d0c-9637d06d7ab7', 'bob@example.com', 'bob@example.com', 'A name', '$argon2id$v=19$m=19456,t=2,p=1$dkoF1DSfgO4bL6pxT8ZSSw$hIW0MmgVPUwtV6RVBasCZY7FRQc0MpUEhUPgILLoDlM', '2026-11-22 06:19:04.190669+00', '2026-11-29 06:19:04.190669+00', '{}', 'Bob', 'bob');
INSERT INTO public.usernames VALUES ('ada', '01a201e8-803c-78b1-bc6f-52003f932a38', NULL, NULL);
INSERT INTO public.usernames VALUES ('bob', NULL, '01a201e8-807e-7a46-9d0c-9637d06d7ab7', '2026-11-29 06:19:04.190669+00');
INSERT INTO public.users VALUES ('01a201e8-8068-775d-8f85-feebe018276b', 'carol@new.example.com', 'carol@new.example.com', 'A name', 'USER', '2026-11-22 06:19:04.2436+00', NULL, '2026-11-22 06:19:04.168481+00', '2026-11-22 06:19:04.2436+00', '2026-11-22 06:19:04.228633+00', '{}', '', '', NULL);
INSERT INTO public.users VALUES ('01a201e8-803c-78b1-bc6f-52003f932a38', 'ada@example.com', 'ada@example.com', 'A name', 'USER', '2026-11-22 06:19:04.124568+00', NULL, '2026-11-22 06:19:04.124568+00', '2026-11-22 06:19:04.124568+00', '2026-11-22 06:19:04.271973+00', '{}', 'Ada', 'ada', NULL);
INSERT INTO public.wrong_codes VALUES ('ada@example.com', 1, '2026-11-22 06:19:04.287452+00');
ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_pkey PRIMARY KEY (user_id, client);
ALTER TABLE ONLY public.email_change_tokens
    ADD CONSTRAINT email_change_tokens_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.email_changes
    ADD CONSTRAINT email_changes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.one_time_codes
    ADD CONSTRAINT one_time_codes_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.passwords
    ADD CONSTRAINT passwords_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_digest UNIQUE (token_digest);
ALTER TABLE ONLY public.sign_ups
    ADD CONSTRAINT sign_ups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT usernames_pkey PRIMARY KEY (username_key);
ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT usernames_sign_up_id UNIQUE (sign_up_id);
ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT usernames_user_id UNIQUE (user_id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email_key);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.wrong_codes
    ADD CONSTRAINT wrong_codes_pkey PRIMARY KEY (email_key);
CREATE INDEX audit_events_at ON public.audit_events USING btree (at, id);
CREATE INDEX audit_events_user_id ON public.audit_events USING btree (user_id, at, id);
CREATE INDEX clients_last_login_at ON public.clients USING btree (last_login_at);
CREATE INDEX email_change_tokens_change_id ON public.email_change_tokens USING btree (change_id);
CREATE INDEX email_changes_old_email_key ON public.email_changes USING btree (old_email_key) WHERE (changed_at IS NOT NULL);
CREATE INDEX email_changes_user_id ON public.email_changes USING btree (user_id);
CREATE UNIQUE INDEX email_changes_waiting ON public.email_changes USING btree (user_id) WHERE (changed_at IS NULL);
CREATE INDEX one_time_codes_created_at ON public.one_time_codes USING btree (created_at);
CREATE INDEX one_time_codes_user_id ON public.one_time_codes USING btree (user_id);
CREATE INDEX one_time_tokens_expires_at ON public.one_time_tokens USING btree (expires_at);
CREATE INDEX one_time_tokens_sign_up_id ON public.one_time_tokens USING btree (sign_up_id);
CREATE INDEX one_time_tokens_user_id ON public.one_time_tokens USING btree (user_id);
CREATE INDEX outbox_abandoned_at ON public.outbox USING btree (abandoned_at) WHERE (abandoned_at IS NOT NULL);
CREATE INDEX outbox_due ON public.outbox USING btree (due_at, id) WHERE (abandoned_at IS NULL);
CREATE INDEX sessions_ends_at ON public.sessions USING btree (ends_at);
CREATE INDEX sessions_user_id ON public.sessions USING btree (user_id);
CREATE INDEX sign_ups_email_key ON public.sign_ups USING btree (email_key);
CREATE INDEX sign_ups_expires_at ON public.sign_ups USING btree (expires_at);
CREATE INDEX users_deleted_at ON public.users USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
ALTER TABLE ONLY public.clients
    ADD CONSTRAINT clients_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.email_change_tokens
    ADD CONSTRAINT email_change_tokens_change_id_fkey FOREIGN KEY (change_id) REFERENCES public.email_changes(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.email_changes
    ADD CONSTRAINT email_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.one_time_codes
    ADD CONSTRAINT one_time_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_sign_up_id_fkey FOREIGN KEY (sign_up_id) REFERENCES public.sign_ups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.one_time_tokens
    ADD CONSTRAINT one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.passwords
    ADD CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT usernames_sign_up_id_fkey FOREIGN KEY (sign_up_id) REFERENCES public.sign_ups(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.usernames
    ADD CONSTRAINT usernames_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
