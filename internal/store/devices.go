package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

var (
	lastLogins = hot("SELECT", "clients", `
SELECT (SELECT last_login_at FROM clients WHERE user_id = ?0 AND client = ?1), (SELECT MAX(last_login_at) FROM clients WHERE user_id = ?0)`)

	meetDevice = hot("INSERT", "clients", `
INSERT INTO clients AS c (user_id, client, last_login_at) VALUES (?0, ?1, ?2)
ON CONFLICT (user_id, client) DO UPDATE SET last_login_at = EXCLUDED.last_login_at WHERE c.last_login_at < EXCLUDED.last_login_at`)
)

// MeetDevice notes a login from a device and returns when the last ones before it were.
func (c *conn) MeetDevice(ctx context.Context, userID uuid.UUID, device string, at time.Time) (fromIt, fromAny time.Time, err error) {
	const doing = "meet a device"
	if err := checkTexts(doing, device); err != nil {
		return time.Time{}, time.Time{}, err
	}
	var it, anyone bun.NullTime
	err = c.inTx(ctx, func(tx *conn) error {
		if err := tx.row(ctx, lastLogins, []any{userID, device}, &it, &anyone); err != nil {
			return tx.fail(ctx, doing, err)
		}
		_, err := tx.exec(ctx, meetDevice, userID, device, stored(at))
		return tx.fail(ctx, doing, err)
	})
	return it.UTC(), anyone.UTC(), err
}
