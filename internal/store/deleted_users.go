package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// DeleteUser removes a user, and by cascade everything that refers to it. The audit trail refers to
// nothing: what is personal in it is blanked.
func (c *conn) DeleteUser(ctx context.Context, id uuid.UUID) error {
	const doing = "delete a user"
	return c.inTx(ctx, func(tx *conn) error {
		result, err := tx.writes.NewDelete().Model((*userRow)(nil)).Where("u.id = ?", id).Exec(ctx)
		tx.changed(id)
		if err := tx.mustAffectOne(ctx, doing, result, err); err != nil {
			return err
		}
		_, err = tx.writes.NewUpdate().Model((*auditRow)(nil)).
			Set("ip_address = ''").Set("user_agent = ''").Where("a.user_id = ?", id).WhereOr("a.actor <> '' AND a.actor = ?", id.String()).Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
}

// DeletedUsers returns users who were deleted and of whom nothing can be undone after now.
func (c *conn) DeletedUsers(ctx context.Context, now time.Time, limit int) ([]*auth.User, error) {
	if limit <= 0 {
		return nil, nil
	}
	undoable := c.reads.NewSelect().Model((*emailChangeRow)(nil)).ColumnExpr("1").
		Where("ec.user_id = u.id").Where("ec.undo_until > ?", stored(now))
	var rows []*userRow
	err := c.reads.NewSelect().Model(&rows).Relation("Password").
		Where("u.deleted_at IS NOT NULL").Where("NOT EXISTS (?)", undoable).OrderExpr("u.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list deleted users", err)
	}
	users := make([]*auth.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, nil
}
