package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// traces are rows that refer to a user by what the user is known by, and so are not removed by cascade: ?0 is the id,
// ?1 the key of the address. Mail that says itself where to goes out; the others would find nobody.
var traces = []string{
	"DELETE FROM one_time_codes WHERE email_key = ?1",
	"DELETE FROM invitations WHERE email_key = ?1",
	"DELETE FROM outbox WHERE (user_id = ?0 OR sign_up_id = ?0 OR recipient = ?1 OR email_key = ?1) AND (address = '' OR abandoned_at IS NOT NULL)",
}

// DeleteUser removes a user, by cascade everything that refers to it, and the traces. The audit trail refers to nothing:
// the user gets another name in it, and what is personal is blanked.
func (c *conn) DeleteUser(ctx context.Context, id, pseudonym uuid.UUID) error {
	const doing = "delete a user"
	return c.inTx(ctx, func(tx *conn) error {
		var key string
		if err := tx.reads.NewSelect().Table("users").Column("email_key").Where("id = ?", id).Scan(ctx, &key); err != nil {
			return tx.fail(ctx, doing, err)
		}
		for _, statement := range traces {
			if _, err := tx.writes.NewRaw(statement, id, key).Exec(ctx); err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		result, err := tx.writes.NewDelete().Model((*userRow)(nil)).Where("u.id = ?", id).Exec(ctx)
		tx.changed(id)
		if err := tx.mustAffectOne(ctx, doing, result, err); err != nil {
			return err
		}
		_, err = tx.writes.NewUpdate().Model((*auditRow)(nil)).Set("user_id = ?", pseudonym).Set("session_id = NULL").Set("reason = ''").
			Set("request_id = ''").Set("ip_address = ''").Set("user_agent = ''").Where("a.user_id = ?", id).Exec(ctx)
		if err != nil {
			return tx.fail(ctx, doing, err)
		}
		_, err = tx.writes.NewUpdate().Model((*auditRow)(nil)).Set("actor = ?", pseudonym.String()).
			Set("request_id = ''").Set("ip_address = ''").Set("user_agent = ''").Where("a.actor <> '' AND a.actor = ?", id.String()).Exec(ctx)
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
