package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`
}

var (
	createSession = hot("INSERT", "sessions", `
INSERT INTO sessions (id, user_id, token_digest, generation, created_at, last_seen_at, authenticated_at, ends_at, ip_address, user_agent, methods,
	factors, second_factor_at, trusted_device_id, actor_id, actor_session_id)
VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)`)
	sessionsOfUser = hot("SELECT", "sessions", `
SELECT `+foundColumns+` FROM sessions AS s WHERE s.user_id = ?0 ORDER BY s.last_seen_at DESC, s.created_at DESC, s.id DESC`)
	endSession = hot("DELETE", "sessions", `DELETE FROM sessions WHERE id = ?0 RETURNING user_id`)
)

// CreateSession adds a session; ErrNotFound when there is no such user or session of who acts in it.
func (c *conn) CreateSession(ctx context.Context, s *auth.Session) error {
	const doing = "create a session"
	methods := joinMethods(s.Methods)
	if err := checkTexts(doing, s.IPAddress, s.UserAgent, methods); err != nil {
		return err
	}
	_, err := c.exec(ctx, createSession, s.ID, s.UserID, s.TokenDigest, s.Generation,
		stored(s.CreatedAt), stored(s.LastSeenAt), stored(s.AuthenticatedAt), stored(s.EndsAt), s.IPAddress, s.UserAgent, methods,
		s.Factors, nullTime(s.SecondFactorAt), nullID(s.TrustedDeviceID), nullID(s.ActorID), nullID(s.ActorSessionID))
	return c.fail(ctx, doing, err)
}

// foundColumns are those of a session by itself.
const foundColumns = `s.id, s.user_id, s.token_digest, s.generation, s.created_at, s.last_seen_at, s.authenticated_at, s.ends_at, s.ip_address, s.user_agent, s.methods,
	s.factors, s.second_factor_at, s.trusted_device_id, s.actor_id, s.actor_session_id`

// foundSession is where a row of foundColumns is scanned to.
type foundSession struct {
	s                           auth.Session
	created, seen, proved, ends bun.NullTime
	methods                     string
	secondFactor                bun.NullTime
	device, actor, actorSession uuid.NullUUID
}

// into returns the places for the columns.
func (f *foundSession) into() []any {
	s := &f.s
	return []any{
		&s.ID, &s.UserID, &s.TokenDigest, &s.Generation, &f.created, &f.seen, &f.proved, &f.ends, &s.IPAddress, &s.UserAgent, &f.methods,
		&s.Factors, &f.secondFactor, &f.device, &f.actor, &f.actorSession,
	}
}

func (f *foundSession) get() *auth.Session {
	f.s.CreatedAt, f.s.LastSeenAt, f.s.AuthenticatedAt, f.s.EndsAt = f.created.UTC(), f.seen.UTC(), f.proved.UTC(), f.ends.UTC()
	f.s.Methods, f.s.SecondFactorAt = splitMethods(f.methods), f.secondFactor.UTC()
	f.s.TrustedDeviceID, f.s.ActorID, f.s.ActorSessionID = f.device.UUID, f.actor.UUID, f.actorSession.UUID
	return &f.s
}

// sessionColumns are those of a session, with its user and the password of that.
const sessionColumns = foundColumns + `, ` + userColumns

const selectSession = `SELECT ` + sessionColumns + `
FROM sessions AS s JOIN users AS u ON u.id = s.user_id LEFT JOIN passwords AS p ON p.user_id = u.id
WHERE `

var (
	sessionByDigest = hot("SELECT", "sessions", selectSession+"s.token_digest = ?0")
	sessionByID     = hot("SELECT", "sessions", selectSession+"s.id = ?0")
)

// found is where a row of sessionColumns is scanned to.
type found struct {
	session foundSession
	user    foundUser
}

func (f *found) into() []any { return append(f.session.into(), f.user.into()...) }

// both returns the session and its user.
func (f *found) both() (*auth.Session, *auth.User) { return f.session.get(), f.user.get() }

func (c *conn) session(ctx context.Context, by *statement, value any) (*auth.Session, *auth.User, error) {
	f := new(found)
	if err := c.row(ctx, by, []any{value}, f.into()...); err != nil {
		return nil, nil, c.fail(ctx, "find a session", err)
	}
	session, user := f.both()
	return c.withPendingTouch(session), user, nil
}

// SessionByDigest returns a session and its user.
func (c *conn) SessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	return c.session(ctx, sessionByDigest, digest)
}

// SessionByID returns a session and its user.
func (c *conn) SessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	return c.session(ctx, sessionByID, id)
}

// joinMethods and splitMethods are how the methods of a session are kept: none are "".
func joinMethods(methods []auth.Method) string {
	words := make([]string, len(methods))
	for i, method := range methods {
		words[i] = string(method)
	}
	return strings.Join(words, " ")
}

func splitMethods(text string) []auth.Method {
	var methods []auth.Method
	for word := range strings.FieldsSeq(text) {
		methods = append(methods, auth.Method(word))
	}
	return methods
}

// Sessions returns all sessions of a user, the last seen first.
func (c *conn) Sessions(ctx context.Context, userID uuid.UUID) ([]*auth.Session, error) {
	sessions := []*auth.Session{}
	err := c.forEachRow(ctx, sessionsOfUser, []any{userID}, func(rows *sql.Rows) error {
		var f foundSession
		err := rows.Scan(f.into()...)
		sessions = append(sessions, c.withPendingTouch(f.get()))
		return err
	})
	if err != nil {
		return nil, c.fail(ctx, "list sessions", err)
	}
	return c.inOrderOfUse(sessions), nil
}

// inOrderOfUse puts sessions that are in order anew, by uses that are not written down yet.
func (c *conn) inOrderOfUse(sessions []*auth.Session) []*auth.Session {
	if c.touches != nil {
		slices.SortStableFunc(sessions, func(a, b *auth.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
	}
	return sessions
}

// TouchSession moves the time a session was last seen forward, never back; outside of a transaction, and
// after EnableSessionCache, in a while, together with others.
func (c *conn) TouchSession(ctx context.Context, id uuid.UUID, seen time.Time) error {
	const doing = "touch a session"
	seen = stored(seen)
	if c.touches != nil && c.pool != nil {
		if err := ctx.Err(); err != nil {
			return c.fail(ctx, doing, err)
		}
		c.touches.add(id, seen)
		if c.cache != nil {
			c.cache.seen(id, seen)
		}
		return nil
	}
	_, err := c.writes.NewUpdate().Model((*sessionRow)(nil)).Set("last_seen_at = ?", seen).
		Where("s.id = ?", id).Where("s.last_seen_at < ?", seen).Exec(ctx)
	return c.fail(ctx, doing, err)
}

// withPendingTouch adds to a session what is known of its use and not written down yet.
func (c *conn) withPendingTouch(s *auth.Session) *auth.Session {
	if c.touches != nil {
		if seen := c.touches.pending(s.ID); seen.After(s.LastSeenAt) {
			s.LastSeenAt = seen
		}
	}
	return s
}

// RenewSession gives the session a new token, and takes its refresh tokens away and what was begun in it.
func (c *conn) RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) (generation int, err error) {
	const doing = "renew a session"
	err = c.inTx(ctx, func(tx *conn) error {
		var user uuid.UUID
		err := tx.writes.NewUpdate().Model((*sessionRow)(nil)).
			Set("token_digest = ?", digest).Set("authenticated_at = ?", stored(authenticatedAt)).Set("generation = generation + 1").
			Where("s.id = ?", id).Returning("generation, user_id").Scan(ctx, &generation, &user)
		if err != nil {
			return tx.fail(ctx, doing, err)
		}
		tx.changed(user)
		if _, err = tx.writes.NewDelete().Model((*refreshChainRow)(nil)).Where("r.session_id = ?", id).Exec(ctx); err == nil {
			_, err = tx.writes.NewDelete().Model((*sessionRow)(nil)).Where("s.actor_session_id = ?", id).Exec(ctx)
		}
		return tx.fail(ctx, doing, err)
	})
	return generation, err
}

// ProveSession moves the time of the last proof forward, never back.
func (c *conn) ProveSession(ctx context.Context, id uuid.UUID, at time.Time, methods []auth.Method) error {
	const doing = "prove a session"
	text := joinMethods(methods)
	if err := checkTexts(doing, text); err != nil {
		return err
	}
	at = stored(at)
	var user uuid.UUID
	err := c.writes.NewUpdate().Model((*sessionRow)(nil)).
		Set("authenticated_at = CASE WHEN authenticated_at < ?0 THEN ?0 ELSE authenticated_at END", at).Set("methods = ?", text).
		Where("s.id = ?", id).Returning("user_id").Scan(ctx, &user)
	c.changedBy(user, err)
	return c.fail(ctx, doing, err)
}

// ProveSecondFactor moves the times of both proofs forward, never back.
func (c *conn) ProveSecondFactor(ctx context.Context, id uuid.UUID, at time.Time, methods []auth.Method) error {
	const doing = "prove a second factor in a session"
	text := joinMethods(methods)
	if err := checkTexts(doing, text); err != nil {
		return err
	}
	at = stored(at)
	var user uuid.UUID
	err := c.writes.NewUpdate().Model((*sessionRow)(nil)).
		Set("authenticated_at = CASE WHEN authenticated_at < ?0 THEN ?0 ELSE authenticated_at END", at).
		Set("second_factor_at = CASE WHEN second_factor_at > ?0 THEN second_factor_at ELSE ?0 END", at).
		Set("factors = 2").Set("methods = ?", text).
		Where("s.id = ?", id).Returning("user_id").Scan(ctx, &user)
	c.changedBy(user, err)
	return c.fail(ctx, doing, err)
}

// EndSession removes a session.
func (c *conn) EndSession(ctx context.Context, id uuid.UUID) error {
	var user uuid.UUID
	err := c.row(ctx, endSession, []any{id}, &user)
	c.changedBy(user, err)
	return c.fail(ctx, "end a session", err)
}

// EndImpersonations removes the sessions in which a user acts as another, or another as the user. None of them is kept in
// memory.
func (c *conn) EndImpersonations(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewDelete().Model((*sessionRow)(nil)).
		Where("s.actor_id = ?0 OR s.user_id = ?0 AND s.actor_id IS NOT NULL", userID).Exec(ctx)
	return c.fail(ctx, "end impersonations", err)
}

// EndSessions removes all sessions of a user but one.
func (c *conn) EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error) {
	result, err := c.writes.NewDelete().Model((*sessionRow)(nil)).
		Where("s.user_id = ?", userID).Where("s.id <> ?", except).Exec(ctx)
	c.changed(userID)
	return c.count(ctx, "end sessions", result, err)
}
