-- How each session was proved: the methods, separated by spaces. Sessions that began before this was written
-- down, and those that the release before begins, have none.
ALTER TABLE sessions ADD COLUMN methods TEXT NOT NULL DEFAULT '';
