package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// passwordCosts cuts every hash off after the dollar sign that ends its costs: "$argon2id$v=19$" has 15 characters,
// "foreign$" has 8, and what is up to the next dollar sign are the costs. It looks at no character of the salt. Of a hash of
// another kind, which may have a piece of a secret anywhere, it returns nothing but unknownCosts.
func passwordCosts(column, table, accounts, position string) string {
	return strings.NewReplacer("{column}", column, "{table}", table, "{accounts}", accounts, "{position}", position, "{unknown}", unknownCosts).Replace(`
SELECT CASE
	WHEN {column} LIKE '$argon2id$v=19$m=%' THEN substr({column}, 1, 15 + {position}(substr({column}, 16), '$'))
	WHEN {column} LIKE 'foreign$%:%$%$%' THEN substr({column}, 1, 8 + {position}(substr({column}, 9), '$'))
	ELSE '{unknown}' END AS beginning, {accounts} AS accounts
FROM {table} GROUP BY 1`)
}

// unknownCosts stands for all hashes of other kinds.
const unknownCosts = "unknown"

// PasswordCosts returns the beginnings of all hashes and how many users have each, with "unknown" for those of other kinds.
func (c *conn) PasswordCosts(ctx context.Context) ([]secret.HashClass, error) {
	position := "instr"
	if c.kind == Postgres {
		position = "strpos"
	}
	var classes []secret.HashClass
	query := passwordCosts("hash", "passwords", "COUNT(*)", position) + " UNION ALL " + passwordCosts("password_hash", "sign_ups", "0", position)
	if err := c.reads.NewRaw(query).Scan(ctx, &classes); err != nil {
		return nil, c.fail(ctx, "read what password hashes cost", err)
	}
	slices.SortFunc(classes, func(a, b secret.HashClass) int {
		return cmp.Or(strings.Compare(a.Beginning, b.Beginning), b.Accounts-a.Accounts)
	})
	return slices.CompactFunc(classes, func(a, b secret.HashClass) bool { return a.Beginning == b.Beginning }), nil
}
