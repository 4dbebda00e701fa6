-- Servers keep sessions and their users in memory for a moment. Each is told whose session has ended or been
-- renewed, and who has changed, whoever did it: another server, the command line, the release before, or
-- somebody at the prompt. When a session was last seen and a user last logged in is not told: it changes all the
-- time, and opens and closes nothing.

-- +only postgres
-- Postgres tells at the commit. The notice is the id of the user, or 'all'. Commits that tell something go one after
-- the other in the whole database, so nothing is told without need. Whoever connects through a pooler that loses
-- notices has to notice that (internal/store/session_notices.go).
-- In the order in which others lock them.
LOCK TABLE users, passwords, sessions IN SHARE ROW EXCLUSIVE MODE;

CREATE FUNCTION latchkey_tell_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		NEW.last_seen_at := OLD.last_seen_at;
		IF NEW IS NOT DISTINCT FROM OLD THEN
			RETURN NULL;
		END IF;
	END IF;
	PERFORM pg_notify('latchkey_sessions', OLD.user_id::text);
	RETURN NULL;
END $$;

CREATE FUNCTION latchkey_tell_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		NEW.last_login_at := OLD.last_login_at;
		IF NEW IS NOT DISTINCT FROM OLD THEN
			RETURN NULL;
		END IF;
	END IF;
	PERFORM pg_notify('latchkey_sessions', OLD.id::text);
	RETURN NULL;
END $$;

CREATE FUNCTION latchkey_tell_of_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = NEW.user_id) THEN
		RETURN NULL;
	END IF;
	PERFORM pg_notify('latchkey_sessions', COALESCE(NEW.user_id, OLD.user_id)::text);
	RETURN NULL;
END $$;

CREATE FUNCTION latchkey_tell_of_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('latchkey_sessions', 'all');
	RETURN NULL;
END $$;

CREATE TRIGGER tell AFTER UPDATE OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION latchkey_tell_of_session();
CREATE TRIGGER tell_of_all AFTER TRUNCATE ON sessions FOR EACH STATEMENT EXECUTE FUNCTION latchkey_tell_of_all();

CREATE TRIGGER tell AFTER UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION latchkey_tell_of_user();
CREATE TRIGGER tell_of_all AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION latchkey_tell_of_all();

CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON passwords FOR EACH ROW EXECUTE FUNCTION latchkey_tell_of_password();
CREATE TRIGGER tell_of_all AFTER TRUNCATE ON passwords FOR EACH STATEMENT EXECUTE FUNCTION latchkey_tell_of_all();
-- +end

-- +only sqlite
-- SQLite tells that something was written, and not what, so that is written down: the last changes by their
-- numbers. Who finds that one is missing takes everything for changed.
CREATE TABLE session_changes (
	number  INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id UUID NOT NULL
);

CREATE TRIGGER session_changes_forget AFTER INSERT ON session_changes
BEGIN DELETE FROM session_changes WHERE number <= NEW.number - 1000; END;

CREATE TRIGGER sessions_tell_update AFTER UPDATE ON sessions
WHEN OLD.last_seen_at IS NEW.last_seen_at OR OLD.token_digest IS NOT NEW.token_digest OR OLD.generation IS NOT NEW.generation
	OR OLD.authenticated_at IS NOT NEW.authenticated_at OR OLD.ends_at IS NOT NEW.ends_at OR OLD.user_id IS NOT NEW.user_id
BEGIN INSERT INTO session_changes (user_id) VALUES (OLD.user_id); END;
CREATE TRIGGER sessions_tell_delete AFTER DELETE ON sessions
BEGIN INSERT INTO session_changes (user_id) VALUES (OLD.user_id); END;

CREATE TRIGGER users_tell_update AFTER UPDATE ON users
WHEN OLD.last_login_at IS NEW.last_login_at OR OLD.email IS NOT NEW.email OR OLD.role IS NOT NEW.role OR OLD.verified_at IS NOT NEW.verified_at
	OR OLD.disabled_at IS NOT NEW.disabled_at OR OLD.deleted_at IS NOT NEW.deleted_at OR OLD.updated_at IS NOT NEW.updated_at
	OR OLD.name IS NOT NEW.name OR OLD.profile IS NOT NEW.profile OR OLD.username IS NOT NEW.username
BEGIN INSERT INTO session_changes (user_id) VALUES (OLD.id); END;
CREATE TRIGGER users_tell_delete AFTER DELETE ON users BEGIN INSERT INTO session_changes (user_id) VALUES (OLD.id); END;

CREATE TRIGGER passwords_tell_insert AFTER INSERT ON passwords BEGIN INSERT INTO session_changes (user_id) VALUES (NEW.user_id); END;
CREATE TRIGGER passwords_tell_update AFTER UPDATE ON passwords BEGIN INSERT INTO session_changes (user_id) VALUES (NEW.user_id); END;
CREATE TRIGGER passwords_tell_delete AFTER DELETE ON passwords BEGIN INSERT INTO session_changes (user_id) VALUES (OLD.user_id); END;
-- +end
