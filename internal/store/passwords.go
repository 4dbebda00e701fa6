package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

type passwordRow struct {
	bun.BaseModel `bun:"table:passwords,alias:p"`

	UserID    uuid.UUID `bun:"user_id,pk"`
	Hash      string    `bun:"hash"`
	CreatedAt time.Time `bun:"created_at"`
}

// SetPassword waits for the user's lock, so that it cannot change what another transaction has locked.
func (c *conn) SetPassword(ctx context.Context, userID uuid.UUID, hash secret.Text, at time.Time) error {
	const doing = "set a password"
	if err := checkTexts(doing, hash.Reveal()); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		if err := tx.lockUser(ctx, doing, userID); err != nil {
			return err
		}
		tx.changed(userID)
		if hash == "" {
			_, err := tx.writes.NewDelete().Model((*passwordRow)(nil)).Where("user_id = ?", userID).Exec(ctx)
			return tx.fail(ctx, doing, err)
		}
		return tx.writePassword(ctx, doing, userID, hash, at)
	})
}

func (c *conn) writePassword(ctx context.Context, doing string, userID uuid.UUID, hash secret.Text, at time.Time) error {
	row := &passwordRow{UserID: userID, Hash: hash.Reveal(), CreatedAt: stored(at)}
	_, err := c.writes.NewInsert().Model(row).
		On("CONFLICT (user_id) DO UPDATE").
		Set("hash = EXCLUDED.hash").Set("created_at = EXCLUDED.created_at").
		Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}
