-- Which client used the refresh token before the one that is good, as a keyed digest: a network and a kind of device. Only
-- that client gets the same successor again. Empty: no token was used yet, or the release before has done it.
ALTER TABLE refresh_chains ADD COLUMN rotated_by BYTEA;
