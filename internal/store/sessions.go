package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID              uuid.UUID `bun:"id,pk"`
	UserID          uuid.UUID `bun:"user_id"`
	TokenDigest     []byte    `bun:"token_digest"`
	Generation      int       `bun:"generation"`
	CreatedAt       time.Time `bun:"created_at"`
	LastSeenAt      time.Time `bun:"last_seen_at"`
	AuthenticatedAt time.Time `bun:"authenticated_at"`
	EndsAt          time.Time `bun:"ends_at"`
	IPAddress       string    `bun:"ip_address"`
	UserAgent       string    `bun:"user_agent"`

	User *userRow `bun:"rel:belongs-to,join:user_id=id"`
}

func (r *sessionRow) session() *auth.Session {
	return &auth.Session{
		ID:              r.ID,
		UserID:          r.UserID,
		TokenDigest:     r.TokenDigest,
		Generation:      r.Generation,
		CreatedAt:       r.CreatedAt.UTC(),
		LastSeenAt:      r.LastSeenAt.UTC(),
		AuthenticatedAt: r.AuthenticatedAt.UTC(),
		EndsAt:          r.EndsAt.UTC(),
		IPAddress:       r.IPAddress,
		UserAgent:       r.UserAgent,
	}
}

// CreateSession adds a session; ErrNotFound when there is no such user.
func (c *conn) CreateSession(ctx context.Context, s *auth.Session) error {
	const doing = "create a session"
	row := &sessionRow{
		ID:              s.ID,
		UserID:          s.UserID,
		TokenDigest:     s.TokenDigest,
		Generation:      s.Generation,
		CreatedAt:       stored(s.CreatedAt),
		LastSeenAt:      stored(s.LastSeenAt),
		AuthenticatedAt: stored(s.AuthenticatedAt),
		EndsAt:          stored(s.EndsAt),
		IPAddress:       s.IPAddress,
		UserAgent:       s.UserAgent,
	}
	if err := checkTexts(doing, row.IPAddress, row.UserAgent); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// findSession is what a look for a session is called.
const findSession = "find a session"

// sessionWhere finds a session in a transaction, or where statements cannot be prepared.
func (c *conn) sessionWhere(ctx context.Context, where string, value any) (*auth.Session, *auth.User, error) {
	row := new(sessionRow)
	err := c.reads.NewSelect().Model(row).Relation("User").Relation("User.Password").Where(where, value).Scan(ctx)
	if err != nil {
		return nil, nil, c.fail(ctx, findSession, err)
	}
	return row.session(), row.User.user(), nil
}

// Sessions returns all sessions of a user, the last seen first.
func (c *conn) Sessions(ctx context.Context, userID uuid.UUID) ([]*auth.Session, error) {
	var rows []*sessionRow
	err := c.reads.NewSelect().Model(&rows).Where("s.user_id = ?", userID).
		OrderExpr("s.last_seen_at DESC, s.created_at DESC, s.id DESC").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list sessions", err)
	}
	sessions := make([]*auth.Session, len(rows))
	for i, row := range rows {
		sessions[i] = row.session()
	}
	return sessions, nil
}

// TouchSession moves the time a session was last seen forward, never back.
func (c *conn) TouchSession(ctx context.Context, id uuid.UUID, seen time.Time) error {
	seen = stored(seen)
	_, err := c.writes.NewUpdate().Model((*sessionRow)(nil)).Set("last_seen_at = ?", seen).
		Where("s.id = ?", id).Where("s.last_seen_at < ?", seen).Exec(ctx)
	return c.fail(ctx, "touch a session", err)
}

// RenewSession gives the session a new token, and takes its refresh tokens away.
func (c *conn) RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) (generation int, err error) {
	const doing = "renew a session"
	err = c.inTx(ctx, func(tx *conn) error {
		err := tx.writes.NewUpdate().Model((*sessionRow)(nil)).
			Set("token_digest = ?", digest).Set("authenticated_at = ?", stored(authenticatedAt)).Set("generation = generation + 1").
			Where("s.id = ?", id).Returning("generation").Scan(ctx, &generation)
		if err != nil {
			return tx.fail(ctx, doing, err)
		}
		_, err = tx.writes.NewDelete().Model((*refreshChainRow)(nil)).Where("r.session_id = ?", id).Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
	return generation, err
}

// ProveSession moves the time of the last proof forward, never back.
func (c *conn) ProveSession(ctx context.Context, id uuid.UUID, at time.Time) error {
	at = stored(at)
	result, err := c.writes.NewUpdate().Model((*sessionRow)(nil)).
		Set("authenticated_at = CASE WHEN authenticated_at < ?0 THEN ?0 ELSE authenticated_at END", at).
		Where("s.id = ?", id).Exec(ctx)
	return c.one(ctx, "prove a session", result, err)
}

// EndSession removes a session.
func (c *conn) EndSession(ctx context.Context, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*sessionRow)(nil)).Where("s.id = ?", id).Exec(ctx)
	return c.one(ctx, "end a session", result, err)
}

// EndSessions removes all sessions of a user but one.
func (c *conn) EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error) {
	result, err := c.writes.NewDelete().Model((*sessionRow)(nil)).
		Where("s.user_id = ?", userID).Where("s.id <> ?", except).Exec(ctx)
	return c.count(ctx, "end sessions", result, err)
}
