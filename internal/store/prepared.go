package store

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// sessionColumns are those of a session, with its user and the password of that.
const sessionColumns = `s.id, s.user_id, s.token_digest, s.generation, s.created_at, s.last_seen_at, s.authenticated_at, s.ends_at, s.ip_address, s.user_agent,
	u.email, u.email_key, u.username, u.username_key, u.name, u.profile, u.role,
	u.verified_at, u.disabled_at, u.deleted_at, u.created_at, u.updated_at, u.last_login_at, p.hash`

const selectSession = `SELECT ` + sessionColumns + `
FROM sessions AS s JOIN users AS u ON u.id = s.user_id LEFT JOIN passwords AS p ON p.user_id = u.id
WHERE `

var (
	sessionByDigest = hot("SELECT", "sessions", selectSession+"s.token_digest = ?0")
	sessionByID     = hot("SELECT", "sessions", selectSession+"s.id = ?0")
)

// found is where a row of sessionColumns is scanned to.
type found struct {
	session auth.Session
	user    auth.User

	created, seen, proved, ends                           bun.NullTime
	verified, disabled, deleted, joined, changed, lastOne bun.NullTime
	hash                                                  sql.NullString
}

// into returns the places for the columns.
func (f *found) into() []any {
	s, u := &f.session, &f.user
	return []any{
		&s.ID, &s.UserID, &s.TokenDigest, &s.Generation, &f.created, &f.seen, &f.proved, &f.ends, &s.IPAddress, &s.UserAgent,
		&u.Email.Address, &u.Email.Key, &u.Username.Name, &u.Username.Key, &u.Name, (*string)(&u.Profile), (*string)(&u.Role),
		&f.verified, &f.disabled, &f.deleted, &f.joined, &f.changed, &f.lastOne, &f.hash,
	}
}

// both returns the session and its user.
func (f *found) both() (*auth.Session, *auth.User) {
	s, u := &f.session, &f.user
	s.CreatedAt, s.LastSeenAt, s.AuthenticatedAt, s.EndsAt = f.created.UTC(), f.seen.UTC(), f.proved.UTC(), f.ends.UTC()
	u.ID, u.PasswordHash = s.UserID, secret.Text(f.hash.String)
	u.VerifiedAt, u.DisabledAt, u.DeletedAt = f.verified.UTC(), f.disabled.UTC(), f.deleted.UTC()
	u.CreatedAt, u.UpdatedAt, u.LastLoginAt = f.joined.UTC(), f.changed.UTC(), f.lastOne.UTC()
	return s, u
}

func (c *conn) session(ctx context.Context, by *statement, value any) (*auth.Session, *auth.User, error) {
	f := new(found)
	if err := c.row(ctx, by, []any{value}, f.into()...); err != nil {
		return nil, nil, c.fail(ctx, "find a session", err)
	}
	session, user := f.both()
	return c.touched(session), user, nil
}

// SessionByDigest returns a session and its user.
func (c *conn) SessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	return c.session(ctx, sessionByDigest, digest)
}

// SessionByID returns a session and its user.
func (c *conn) SessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	return c.session(ctx, sessionByID, id)
}
