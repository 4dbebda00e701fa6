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
	Sealed    []byte    `bun:"sealed,nullzero"`
	RotatedAt time.Time `bun:"rotated_at"`
}

var (
	createRefreshChain = hot("INSERT", "refresh_chains", `
INSERT INTO refresh_chains (session_id, family, digest, previous, sealed, rotated_at, rotated_by) VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6)`)

	selectRefreshChain = hot("SELECT", "refresh_chains", `
SELECT r.family, r.digest, r.previous, r.sealed, r.rotated_at, r.rotated_by, `+sessionColumns+`
FROM refresh_chains AS r JOIN sessions AS s ON s.id = r.session_id
	JOIN users AS u ON u.id = s.user_id LEFT JOIN passwords AS p ON p.user_id = u.id
WHERE r.family = ?0`)

	rotateRefreshChain = hotOn(SQLite, "UPDATE", "refresh_chains", `
UPDATE refresh_chains SET digest = ?2, previous = ?1, sealed = ?3, rotated_at = ?4, rotated_by = ?5
WHERE session_id = ?0 AND digest = ?1`)

	touchSession = hotOn(SQLite, "UPDATE", "sessions", `
UPDATE sessions SET last_seen_at = ?1 WHERE id = ?0 AND last_seen_at < ?1`)

	// rotateAndTouch is both in one statement, and so in one transaction without asking for it. It locks in
	// the order in which a session that ends takes its chain along.
	rotateAndTouch = hotOn(Postgres, "WITH", "refresh_chains", `
WITH held AS MATERIALIZED (
	SELECT id FROM sessions WHERE id = ?0 FOR NO KEY UPDATE
), rotated AS (
	UPDATE refresh_chains AS r SET digest = ?2, previous = ?1, sealed = ?3, rotated_at = ?4, rotated_by = ?5
	FROM held WHERE r.session_id = held.id AND r.digest = ?1 RETURNING r.session_id
)
UPDATE sessions AS s SET last_seen_at = GREATEST(s.last_seen_at, ?6) FROM rotated WHERE s.id = rotated.session_id`)
)

// CreateRefreshChain adds a chain; ErrNotFound when there is no such session.
func (c *conn) CreateRefreshChain(ctx context.Context, chain *auth.RefreshChain) error {
	_, err := c.exec(ctx, createRefreshChain,
		chain.SessionID, chain.Family, chain.Digest, chain.Previous, chain.Sealed, stored(chain.RotatedAt), chain.RotatedBy)
	return c.fail(ctx, "create a refresh chain", err)
}

// RefreshChain returns a chain, its session and the user of that.
func (c *conn) RefreshChain(ctx context.Context, family []byte) (*auth.RefreshChain, *auth.Session, *auth.User, error) {
	var chain auth.RefreshChain
	var rotated bun.NullTime
	f := new(found)
	into := append([]any{&chain.Family, &chain.Digest, &chain.Previous, &chain.Sealed, &rotated, &chain.RotatedBy}, f.into()...)
	if err := c.row(ctx, selectRefreshChain, []any{family}, into...); err != nil {
		return nil, nil, nil, c.fail(ctx, "find a refresh chain", err)
	}
	session, user := f.both()
	chain.SessionID, chain.RotatedAt = session.ID, rotated.UTC()
	return &chain, c.withPendingTouch(session), user, nil
}

// RotateRefreshChain makes another token of the chain the good one, and moves the time its session was last seen
// forward, never back.
func (c *conn) RotateRefreshChain(ctx context.Context, chain *auth.RefreshChain, seen time.Time) error {
	const doing = "rotate a refresh chain"
	args := []any{chain.SessionID, chain.Previous, chain.Digest, chain.Sealed, stored(chain.RotatedAt), chain.RotatedBy}
	if c.kind == Postgres {
		return c.singleStatement(ctx, func() error {
			result, err := c.exec(ctx, rotateAndTouch, append(args, stored(seen))...)
			return c.mustAffectOne(ctx, doing, result, err)
		})
	}
	return c.inTx(ctx, func(tx *conn) error {
		result, err := tx.exec(ctx, rotateRefreshChain, args...)
		if err := tx.mustAffectOne(ctx, doing, result, err); err != nil {
			return err
		}
		_, err = tx.exec(ctx, touchSession, chain.SessionID, stored(seen))
		return tx.fail(ctx, doing, err)
	})
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
