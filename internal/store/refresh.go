package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type refreshChainRow struct {
	bun.BaseModel `bun:"table:refresh_chains,alias:r"`

	SessionID uuid.UUID `bun:"session_id,pk"`
	Family    []byte    `bun:"family"`
	Digest    []byte    `bun:"digest"`
	Previous  []byte    `bun:"previous,nullzero"`
	Sealed    []byte    `bun:"sealed,nullzero"`
	RotatedAt time.Time `bun:"rotated_at"`

	Session *sessionRow `bun:"rel:belongs-to,join:session_id=id"`
}

func newRefreshChainRow(c *auth.RefreshChain) *refreshChainRow {
	return &refreshChainRow{
		SessionID: c.SessionID,
		Family:    c.Family,
		Digest:    c.Digest,
		Previous:  c.Previous,
		Sealed:    c.Sealed,
		RotatedAt: stored(c.RotatedAt),
	}
}

func (r *refreshChainRow) chain() *auth.RefreshChain {
	return &auth.RefreshChain{
		SessionID: r.SessionID,
		Family:    r.Family,
		Digest:    r.Digest,
		Previous:  r.Previous,
		Sealed:    r.Sealed,
		RotatedAt: r.RotatedAt.UTC(),
	}
}

// CreateRefreshChain adds a chain; ErrNotFound when there is no such session.
func (c *conn) CreateRefreshChain(ctx context.Context, chain *auth.RefreshChain) error {
	_, err := c.writes.NewInsert().Model(newRefreshChainRow(chain)).Returning("NULL").Exec(ctx)
	return c.fail(ctx, "create a refresh chain", err)
}

// RefreshChain returns a chain, its session and the user of that.
func (c *conn) RefreshChain(ctx context.Context, family []byte) (*auth.RefreshChain, *auth.Session, *auth.User, error) {
	row := new(refreshChainRow)
	err := c.reads.NewSelect().Model(row).Relation("Session").Relation("Session.User").Relation("Session.User.Password").
		Where("r.family = ?", family).Scan(ctx)
	if err != nil {
		return nil, nil, nil, c.fail(ctx, "find a refresh chain", err)
	}
	return row.chain(), row.Session.session(), row.Session.User.user(), nil
}

// RotateRefreshChain makes another token of the chain the good one.
func (c *conn) RotateRefreshChain(ctx context.Context, chain *auth.RefreshChain) error {
	row := newRefreshChainRow(chain)
	result, err := c.writes.NewUpdate().Model(row).Column("digest", "previous", "sealed", "rotated_at").
		Where("r.session_id = ?", row.SessionID).Where("r.digest = ?", row.Previous).Exec(ctx)
	return c.one(ctx, "rotate a refresh chain", result, err)
}

// ForgetSuccessors removes what is sealed in chains.
func (c *conn) ForgetSuccessors(ctx context.Context, upTo time.Time, limit int) (int, error) {
	some := c.writes.NewSelect().Model((*refreshChainRow)(nil)).Column("session_id").
		Where("r.sealed IS NOT NULL").Where("r.rotated_at <= ?", stored(upTo)).Limit(int64(limit))
	if c.kind == Postgres {
		some = some.For("UPDATE SKIP LOCKED") // those that are in use are left for another time
	}
	// One that is rotated meanwhile is let alone.
	result, err := c.writes.NewUpdate().Model((*refreshChainRow)(nil)).Set("sealed = NULL").
		Where("r.session_id IN (?)", some).Where("r.rotated_at <= ?", stored(upTo)).Exec(ctx)
	return c.count(ctx, "forget successors of refresh tokens", result, err)
}
