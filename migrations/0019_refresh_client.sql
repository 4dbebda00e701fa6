-- Which client used the refresh token before the one that is good: the beginning of that token's digest, and a keyed
-- digest of a network and a kind of device. Only that client gets the same successor again. The release before leaves
-- the value as it is, which then is of another token and says nothing.
ALTER TABLE refresh_chains ADD COLUMN rotated_by BYTEA;
