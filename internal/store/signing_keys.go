package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/keyring"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

type signingKeyRow struct {
	bun.BaseModel `bun:"table:signing_keys,alias:k"`

	Number    int       `bun:"number,pk"`
	ID        string    `bun:"kid"`
	Algorithm string    `bun:"algorithm"`
	Sealed    []byte    `bun:"sealed"`
	CreatedAt time.Time `bun:"created_at"`
	SignsFrom time.Time `bun:"signs_from"`
}

// SigningKeys returns all keys by number.
func (c *conn) SigningKeys(ctx context.Context) ([]*keyring.SealedKey, error) {
	var rows []*signingKeyRow
	if err := c.reads.NewSelect().Model(&rows).OrderExpr("k.number").Scan(ctx); err != nil {
		return nil, c.fail(ctx, "read signing keys", err)
	}
	keys := make([]*keyring.SealedKey, len(rows))
	for i, row := range rows {
		keys[i] = &keyring.SealedKey{
			Number:    row.Number,
			ID:        row.ID,
			Algorithm: secret.Algorithm(row.Algorithm),
			Sealed:    row.Sealed,
			CreatedAt: row.CreatedAt.UTC(),
			SignsFrom: row.SignsFrom.UTC(),
		}
	}
	return keys, nil
}

// AddSigningKey adds a key unless there is one of its number.
func (c *conn) AddSigningKey(ctx context.Context, k *keyring.SealedKey) (bool, error) {
	const doing = "add a signing key"
	row := &signingKeyRow{
		Number:    k.Number,
		ID:        k.ID,
		Algorithm: string(k.Algorithm),
		Sealed:    k.Sealed,
		CreatedAt: stored(k.CreatedAt),
		SignsFrom: stored(k.SignsFrom),
	}
	if err := checkTexts(doing, row.ID, row.Algorithm); err != nil {
		return false, err
	}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (number) DO NOTHING").Returning("NULL").Exec(ctx)
	added, err := c.count(ctx, doing, result, err)
	return added == 1, err
}

// DeleteSigningKeys removes keys.
func (c *conn) DeleteSigningKeys(ctx context.Context, numbers ...int) error {
	if len(numbers) == 0 {
		return nil
	}
	_, err := c.writes.NewDelete().Model((*signingKeyRow)(nil)).Where("k.number IN (?)", bun.List(numbers)).Exec(ctx)
	return c.fail(ctx, "remove signing keys", err)
}
