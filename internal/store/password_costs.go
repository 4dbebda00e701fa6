package store

import "context"

// passwordCosts cuts off the hash, the dollar sign before it, and the salt.
const passwordCosts = `
SELECT DISTINCT rtrim(rtrim(rtrim(hash, ?0), '$'), ?0) FROM passwords
UNION
SELECT DISTINCT rtrim(rtrim(rtrim(password_hash, ?0), '$'), ?0) FROM sign_ups`

// base64Letters are what salts and hashes are written in.
const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// PasswordCosts returns the beginnings of all hashes.
func (c *conn) PasswordCosts(ctx context.Context) ([]string, error) {
	var beginnings []string
	err := c.reads.NewRaw(passwordCosts, base64Letters).Scan(ctx, &beginnings)
	return beginnings, c.fail(ctx, "read what password hashes cost", err)
}
