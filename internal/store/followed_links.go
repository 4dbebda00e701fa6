package store

import (
	"context"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredFollowedLinks, expiry{table: "followed_links", key: "mark", moment: "followed_at"})

// AddFollowedLink notes a mark, or that it was noted again.
func (c *conn) AddFollowedLink(ctx context.Context, mark []byte, at time.Time) error {
	_, err := c.writes.NewRaw(`INSERT INTO followed_links (mark, followed_at) VALUES (?, ?)
ON CONFLICT (mark) DO UPDATE SET followed_at = excluded.followed_at`, mark, stored(at)).Exec(ctx)
	return c.fail(ctx, "remember a link that was followed", err)
}

// FollowedLink looks for a mark.
func (c *conn) FollowedLink(ctx context.Context, mark []byte, since time.Time) (bool, error) {
	var found bool
	err := c.reads.NewRaw("SELECT EXISTS (SELECT 1 FROM followed_links WHERE mark = ? AND followed_at > ?)", mark, stored(since)).Scan(ctx, &found)
	return found, c.fail(ctx, "look for a link that was followed", err)
}
