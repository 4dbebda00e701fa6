-- Servers keep sessions and their users in memory for a moment. On Postgres each is told at the commit whose
-- session has ended or been renewed, and who has changed, whoever did it: another server, the command line,
-- the release before, or somebody at the prompt. The notice is the id of the user, or 'all'.
--
-- When a session was last seen is not told: it changes all the time, and opens and closes nothing. Who
-- connects through a pooler that loses notices notices that (internal/store/session_notices.go).

-- +only postgres
-- SQLite has no notices. Its servers ask it whether anything was written.
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
	PERFORM pg_notify('latchkey_sessions', OLD.id::text);
	RETURN NULL;
END $$;

CREATE FUNCTION latchkey_tell_of_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
