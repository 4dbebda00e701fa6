-- Who was erased is named nowhere, also not in what SQLite remembers of the last changes: that everybody may have changed
-- says as much to those who keep sessions in memory. What was remembered of users who are erased already is renamed as
-- well. PostgreSQL keeps no changes; it tells them once.

-- +only sqlite
DROP TRIGGER users_tell_delete;
CREATE TRIGGER users_tell_delete AFTER DELETE ON users BEGIN
	UPDATE session_changes SET user_id = '00000000-0000-0000-0000-000000000000' WHERE user_id = OLD.id;
	INSERT INTO session_changes (user_id) VALUES ('00000000-0000-0000-0000-000000000000');
END;
UPDATE session_changes SET user_id = '00000000-0000-0000-0000-000000000000' WHERE user_id NOT IN (SELECT id FROM users);
-- +end
