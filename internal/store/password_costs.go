package store

import (
	"context"
	"strings"
)

// passwordCosts cuts every hash off after the dollar sign that ends its costs: "$argon2id$v=19$" has 15 characters,
// and what is up to the next dollar sign are the costs. It looks at no character of the salt. Of a hash of another
// kind, which may have a piece of a secret anywhere, it returns nothing but unknownCosts.
func passwordCosts(column, table, position string) string {
	return strings.NewReplacer("{column}", column, "{table}", table, "{position}", position, "{unknown}", unknownCosts).Replace(`
SELECT CASE WHEN {column} LIKE '$argon2id$v=19$m=%' THEN substr({column}, 1, 15 + {position}(substr({column}, 16), '$')) ELSE '{unknown}' END
FROM {table}`)
}

// unknownCosts stands for all hashes of other kinds.
const unknownCosts = "unknown"

// PasswordCosts returns the beginnings of all hashes, with "unknown" for those of other kinds.
func (c *conn) PasswordCosts(ctx context.Context) ([]string, error) {
	position := "instr"
	if c.kind == Postgres {
		position = "strpos"
	}
	var beginnings []string
	query := passwordCosts("hash", "passwords", position) + " UNION " + passwordCosts("password_hash", "sign_ups", position)
	err := c.reads.NewRaw(query).Scan(ctx, &beginnings)
	return beginnings, c.fail(ctx, "read what password hashes cost", err)
}
