package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

var (
	rememberDevice = hot("INSERT", "known_clients", `
INSERT INTO known_clients AS k (mark, user_id, seen_at) VALUES (?0, ?1, ?2)
ON CONFLICT (mark) DO UPDATE SET user_id = EXCLUDED.user_id, seen_at = EXCLUDED.seen_at
WHERE k.seen_at < EXCLUDED.seen_at OR k.user_id <> EXCLUDED.user_id`)

	countKnown = hot("SELECT", "known_clients", `SELECT count(*) FROM known_clients WHERE mark = ?0 AND seen_at > ?1`)
)

// RememberDevice notes from where a user has logged in.
func (c *conn) RememberDevice(ctx context.Context, userID uuid.UUID, marks [][]byte, at time.Time) error {
	const doing = "remember a device"
	return c.inTx(ctx, func(tx *conn) error {
		for _, mark := range slices.SortedFunc(slices.Values(marks), bytes.Compare) {
			_, err := tx.exec(ctx, rememberDevice, mark, userID, stored(at))
			if err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		return nil
	})
}

// ForgetDevices removes all marks of a user.
func (c *conn) ForgetDevices(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewRaw("DELETE FROM known_clients WHERE user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "forget devices", err)
}

// IsDeviceKnown looks whether one of the marks is of a login later than since.
func (c *conn) IsDeviceKnown(ctx context.Context, marks [][]byte, since time.Time) (bool, error) {
	for _, mark := range marks {
		var found int
		err := c.row(ctx, countKnown, []any{mark, stored(since)}, &found)
		if err != nil || found > 0 {
			return found > 0, c.fail(ctx, "look for a known device", err)
		}
	}
	return false, nil
}
