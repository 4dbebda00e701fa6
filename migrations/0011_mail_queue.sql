-- Whom a mail is for, as far as it is known when it is owed: mails with the same recipient leave in the
-- order in which they were owed. Empty: it waits for nobody. What is aside has failed in a way that
-- says nothing about its recipient, and the others do not wait for it.
ALTER TABLE outbox ADD COLUMN recipient TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN aside BOOL NOT NULL DEFAULT FALSE;

CREATE INDEX outbox_recipient ON outbox (recipient, id) WHERE abandoned_at IS NULL;
