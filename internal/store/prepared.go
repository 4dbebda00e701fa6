package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// selectSession finds a session with its user and the password of that. Its argument has a place of its
// own, other than in the statements that bun writes, so that the database plans it once.
const selectSession = `
SELECT s.id, s.user_id, s.token_digest, s.generation, s.created_at, s.last_seen_at, s.authenticated_at, s.ends_at, s.ip_address, s.user_agent,
	u.email, u.email_key, u.username, u.username_key, u.name, u.profile, u.role,
	u.verified_at, u.disabled_at, u.deleted_at, u.created_at, u.updated_at, u.last_login_at, p.hash
FROM sessions AS s JOIN users AS u ON u.id = s.user_id LEFT JOIN passwords AS p ON p.user_id = u.id
WHERE `

// prepared is what nearly every request asks of the database, in prepared statements: made by bun, and
// planned anew each time, it was half of the work of such a request.
//
// A pooler that hands one connection to many may not keep prepared statements (PgBouncer before 1.21, or
// with max_prepared_statements = 0). Where that is seen, none is used any more.
type prepared struct {
	pool     *sql.DB
	byDigest statement
	byID     statement
	off      atomic.Bool
	observe  func(ctx context.Context, s Statement) // nil: nobody
}

func newPrepared(pool *sql.DB) *prepared {
	return &prepared{
		pool:     pool,
		byDigest: statement{text: selectSession + "s.token_digest = $1"},
		byID:     statement{text: selectSession + "s.id = $1"},
	}
}

// statement is prepared when it is first used, since the tables may not be there earlier.
type statement struct {
	text string
	mu   sync.Mutex
	made atomic.Pointer[sql.Stmt]
}

func (s *statement) on(ctx context.Context, pool *sql.DB) (*sql.Stmt, error) {
	if made := s.made.Load(); made != nil {
		return made, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if made := s.made.Load(); made != nil {
		return made, nil
	}
	made, err := pool.PrepareContext(ctx, s.text) //nolint:sqlclosecheck // it lasts as long as the pool, which closes it
	if err != nil {
		return nil, err
	}
	s.made.Store(made)
	return made, nil
}

// errNotPrepared is returned where prepared statements cannot be used.
var errNotPrepared = errors.New("there are no prepared statements")

// session finds a session and its user by the statement. errNotPrepared: it has to be asked for otherwise.
func (p *prepared) session(ctx context.Context, by *statement, value any) (*auth.Session, *auth.User, error) {
	if p.off.Load() {
		return nil, nil, errNotPrepared
	}
	begun := time.Now()
	session, user, err := p.find(ctx, by, value)
	if forgotten(err) {
		p.off.Store(true)
		return nil, nil, errNotPrepared
	}
	if p.observe != nil {
		p.observe(ctx, Statement{Verb: "SELECT", Table: "sessions", Begun: begun, Failed: err != nil && !errors.Is(err, sql.ErrNoRows)})
	}
	return session, user, err
}

// forgotten reports whether err says that a connection has no such prepared statement, or another one of
// that name, or one whose tables have changed since.
func forgotten(err error) bool {
	switch postgresCode(err) {
	case "26000", "42P05", "0A000": // invalid_sql_statement_name, duplicate_prepared_statement, feature_not_supported
		return true
	}
	return false
}

func (p *prepared) find(ctx context.Context, by *statement, value any) (*auth.Session, *auth.User, error) {
	made, err := by.on(ctx, p.pool) //nolint:sqlclosecheck // the same
	if err != nil {
		return nil, nil, err
	}
	var (
		s                                                     auth.Session
		u                                                     auth.User
		created, seen, proved, ends                           bun.NullTime
		verified, disabled, deleted, joined, changed, lastOne bun.NullTime
		profile, role                                         string
		hash                                                  sql.NullString
	)
	err = made.QueryRowContext(ctx, value).Scan(
		&s.ID, &s.UserID, &s.TokenDigest, &s.Generation, &created, &seen, &proved, &ends, &s.IPAddress, &s.UserAgent,
		&u.Email.Address, &u.Email.Key, &u.Username.Name, &u.Username.Key, &u.Name, &profile, &role,
		&verified, &disabled, &deleted, &joined, &changed, &lastOne, &hash,
	)
	if err != nil {
		return nil, nil, fmt.Errorf("prepared statement: %w", err)
	}
	s.CreatedAt, s.LastSeenAt, s.AuthenticatedAt, s.EndsAt = created.UTC(), seen.UTC(), proved.UTC(), ends.UTC()
	u.ID, u.Profile, u.Role, u.PasswordHash = s.UserID, auth.Profile(profile), auth.Role(role), secret.Text(hash.String)
	u.VerifiedAt, u.DisabledAt, u.DeletedAt = verified.UTC(), disabled.UTC(), deleted.UTC()
	u.CreatedAt, u.UpdatedAt, u.LastLoginAt = joined.UTC(), changed.UTC(), lastOne.UTC()
	return &s, &u, nil
}

// SessionByDigest returns a session and its user.
func (c *conn) SessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	if c.prepared != nil {
		session, user, err := c.prepared.session(ctx, &c.prepared.byDigest, digest)
		if !errors.Is(err, errNotPrepared) {
			return session, user, c.fail(ctx, findSession, err)
		}
	}
	return c.sessionWhere(ctx, "s.token_digest = ?", digest)
}

// SessionByID returns a session and its user.
func (c *conn) SessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	if c.prepared != nil {
		session, user, err := c.prepared.session(ctx, &c.prepared.byID, id)
		if !errors.Is(err, errNotPrepared) {
			return session, user, c.fail(ctx, findSession, err)
		}
	}
	return c.sessionWhere(ctx, "s.id = ?", id)
}
