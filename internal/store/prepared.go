package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

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
