package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

type clientRow struct {
	bun.BaseModel `bun:"table:clients,alias:c"`

	UserID      uuid.UUID `bun:"user_id,pk"`
	Client      string    `bun:"client,pk"`
	LastLoginAt time.Time `bun:"last_login_at"`
}

// MeetClient notes a login from a client and returns when the last ones before it were.
func (c *conn) MeetClient(ctx context.Context, userID uuid.UUID, client string, at time.Time) (fromIt, fromAny time.Time, err error) {
	const doing = "meet a client"
	if err := checkTexts(doing, client); err != nil {
		return time.Time{}, time.Time{}, err
	}
	err = c.inTx(ctx, func(tx *conn) error {
		newest := func(where string, args ...any) (time.Time, error) {
			row := new(clientRow)
			err := tx.reads.NewSelect().Model(row).Where("c.user_id = ?", userID).Where(where, args...).
				OrderExpr("c.last_login_at DESC").Limit(1).Scan(ctx)
			if errors.Is(err, sql.ErrNoRows) && ctx.Err() == nil {
				return time.Time{}, nil
			}
			return row.LastLoginAt.UTC(), tx.fail(ctx, doing, err)
		}
		if fromIt, err = newest("c.client = ?", client); err != nil {
			return err
		}
		if fromAny, err = newest("TRUE"); err != nil {
			return err
		}
		row := &clientRow{UserID: userID, Client: client, LastLoginAt: stored(at)}
		_, err := tx.writes.NewInsert().Model(row).
			On("CONFLICT (user_id, client) DO UPDATE").Set("last_login_at = EXCLUDED.last_login_at").
			Where("c.last_login_at < EXCLUDED.last_login_at").Returning("NULL").Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
	return fromIt, fromAny, err
}
