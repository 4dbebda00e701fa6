package store

import (
	"context"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// outboxDepth reads the whole table, of which there is little: what was sent is gone from it.
const outboxDepth = `
SELECT COUNT(CASE WHEN abandoned_at IS NULL AND due_at <= ?0 THEN 1 END) AS due,
	COUNT(CASE WHEN abandoned_at IS NULL AND due_at > ?0 THEN 1 END) AS waiting,
	COUNT(abandoned_at) AS abandoned,
	MIN(CASE WHEN abandoned_at IS NULL THEN created_at END) AS oldest
FROM outbox`

// OutboxDepth counts the items in one statement.
func (c *conn) OutboxDepth(ctx context.Context, now time.Time) (auth.OutboxDepth, error) {
	var row struct {
		Due       int       `bun:"due"`
		Waiting   int       `bun:"waiting"`
		Abandoned int       `bun:"abandoned"`
		Oldest    time.Time `bun:"oldest,nullzero"`
	}
	if err := c.reads.NewRaw(outboxDepth, stored(now)).Scan(ctx, &row); err != nil {
		return auth.OutboxDepth{}, c.fail(ctx, "count the outbox", err)
	}
	depth := auth.OutboxDepth{Due: row.Due, Waiting: row.Waiting, Abandoned: row.Abandoned}
	if !row.Oldest.IsZero() {
		depth.Oldest = row.Oldest.UTC()
	}
	return depth, nil
}
