-- What anybody can have mailed to any address, such as the answer to a sign-up, is patient: it is in a line
-- of its own, so that a reset or a code does not wait behind it.
ALTER TABLE outbox ADD COLUMN patient BOOL NOT NULL DEFAULT FALSE;

CREATE INDEX outbox_line ON outbox (recipient, patient, id) WHERE abandoned_at IS NULL AND NOT aside;
