-- Who did something to what is not theirs, and why: "operator" at the command line, "server" by itself; later
-- also the id of a user. Empty: the user of the account, or someone who was not signed in. Events of older
-- releases have none.
ALTER TABLE audit_events ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN reason TEXT NOT NULL DEFAULT '';
