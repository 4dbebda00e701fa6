package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// QueuedMail returns items of the outbox, leased or not.
func (c *conn) QueuedMail(ctx context.Context, after uuid.UUID, limit int) ([]*auth.QueuedMail, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*outboxRow
	err := c.reads.NewSelect().Model(&rows).Where("o.id > ?", after).Order("o.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list the outbox", err)
	}
	mails := make([]*auth.QueuedMail, len(rows))
	for i, row := range rows {
		mails[i] = &auth.QueuedMail{
			OutboxItem: *row.item(), LeasedUntil: row.LeasedUntil.UTC(), AbandonedAt: row.AbandonedAt.UTC(), Reason: row.Reason,
		}
	}
	return mails, nil
}

// RetryNow makes items due that no worker holds. They keep the time at which they were enqueued, since notices
// tell it.
func (c *conn) RetryNow(ctx context.Context, id uuid.UUID, at time.Time) (int, error) {
	query := c.writes.NewUpdate().Model((*outboxRow)(nil)).
		Set("due_at = ?", stored(at)).Set("attempts = 0").Set("reason = ''").
		Set("abandoned_at = NULL").Set("lease_holder = NULL").Set("leased_until = NULL").
		Where("lease_holder IS NULL OR leased_until <= ?", stored(at))
	if id != uuid.Nil {
		query = query.Where("o.id = ?", id)
	}
	result, err := query.Exec(ctx)
	return c.count(ctx, "retry mail of the outbox", result, err)
}

// DropMail removes items.
func (c *conn) DropMail(ctx context.Context, id uuid.UUID) ([]uuid.UUID, error) {
	query := c.writes.NewDelete().Model((*outboxRow)(nil)).Where("TRUE")
	if id != uuid.Nil {
		query = query.Where("o.id = ?", id)
	}
	var rows []*outboxRow
	if _, err := query.Returning("user_id").Exec(ctx, &rows); err != nil {
		return nil, c.fail(ctx, "drop mail of the outbox", err)
	}
	users := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		users[i] = row.UserID
	}
	return users, nil
}
