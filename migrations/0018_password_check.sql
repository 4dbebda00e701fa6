-- Whether the login that enqueued an email brought the right password: 'right' or 'wrong'. Empty: no password
-- was asked for. A wrong one leads to no email, whoever has the address.
ALTER TABLE outbox ADD COLUMN password_check TEXT NOT NULL DEFAULT '';
