-- Whether what the sign-up told was dropped when the address was confirmed, because a stranger may have told it. Its
-- owner can then set once more what can be set at sign-up only.
ALTER TABLE users ADD COLUMN profile_dropped BOOL NOT NULL DEFAULT FALSE;
