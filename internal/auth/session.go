package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Lifetimes of a session, and how finely its use is written down.
const (
	sessionIdle     = 30 * 24 * time.Hour // NIST SP 800-63B-4, AAL1
	sessionAbsolute = 90 * 24 * time.Hour
	sessionTouch    = time.Minute
	sessionNoted    = 5 * time.Minute // by when any replica has written down a use that it knows of
	// freshFor is how long a proof of a credential counts as recent (step-up).
	freshFor = 10 * time.Minute
)

// Session is one login of one user on one client. Only the digest of its token is kept.
type Session struct {
	ID              uuid.UUID
	UserID          uuid.UUID
	TokenDigest     []byte    // SHA-256
	Generation      int       // of its tokens, from 1: a renewal begins the next, and those of the one before end
	Methods         []Method  // what was proved in it, each once; none: it began before that was written down
	Factors         int       // that were proved in it: 1 or 2
	TrustedDeviceID uuid.UUID // on which it began, or which it made trusted; uuid.Nil: none
	CreatedAt       time.Time
	LastSeenAt      time.Time // at most a minute old
	AuthenticatedAt time.Time // when a credential was last proved in it
	SecondFactorAt  time.Time // when a second factor was last proved in it; zero: never
	EndsAt          time.Time // however much it is used
	ActorID         uuid.UUID // the administrator who acts in it as the user; uuid.Nil: the user does
	ActorSessionID  uuid.UUID // of the administrator, with which it ends; uuid.Nil: none
	IPAddress       string    // of the login; empty: not known
	UserAgent       string    // of the login; empty: none sent
}

// ExpiresAt is when the session ends unless it is used again: 30 days after it was last seen, and
// never later than 90 days after it began.
func (s *Session) ExpiresAt() time.Time {
	if idle := s.LastSeenAt.Add(sessionIdle); idle.Before(s.EndsAt) {
		return idle
	}
	return s.EndsAt
}

// LastSeenMinute is LastSeenAt in whole minutes, which is all that users are shown. The exact time would tell
// whoever has a copy of the session's tokens when its client uses them.
func (s *Session) LastSeenMinute() time.Time { return s.LastSeenAt.Truncate(time.Minute) }

// ExpiresMinute is ExpiresAt in whole minutes, as it follows from when the session was last seen.
func (s *Session) ExpiresMinute() time.Time { return s.ExpiresAt().Truncate(time.Minute) }

// Fresh reports whether a credential was proved in the session within the last 10 minutes.
func (s *Session) Fresh(now time.Time) bool {
	return now.Before(s.AuthenticatedAt.Add(freshFor))
}

// Caller is a user with a living session: the authority that operations on one's own account take
// as an argument.
//
// One who came by HTTP Basic has a session that is kept nowhere, and never fresh: its ID is uuid.Nil.
type Caller struct {
	User    *User
	Session *Session
	Token   TokenFacts // of the access token that was presented; zero: none was
}

// TokenFacts is what an access token says of itself, or its session of it.
type TokenFacts struct {
	IssuedAt   time.Time
	ExpiresAt  time.Time // of an opaque token, unless it is used again
	Audience   Audience
	OthersOnly bool // it is for other services, and opens nothing here
	Fixed      bool // it ends at ExpiresAt, however much its session is used
}

// Tokens is what a client keeps of a login.
type Tokens struct {
	AccessToken      secret.Text // empty: a cookie carries the session
	ExpiresAt        time.Time   // of the access token; of an opaque one, unless the session is used again
	RefreshToken     secret.Text // empty: the access token lasts as long as the session
	RefreshExpiresAt time.Time   // unless it is used; zero: there is no refresh token
	Cookie           secret.Text // for a cookie; empty: none is to be set
	CookieUntil      time.Time   // when the session ends at the latest
}

// Grant is the end of every way of logging in: a session or, if the user has or needs a second factor that was
// not proved, a challenge, and then nothing else is set.
type Grant struct {
	User      *User
	Session   *Session
	Tokens    *Tokens
	Challenge *Challenge // nil: a session has begun
}

// What is removed of sessions.
var (
	ExpiredIdleSessions = newExpired("sessions unused", cleanupTask{order: 60, kept: sessionIdle + sessionNoted}) // from when they were last seen
	ExpiredOldSessions  = newExpired("sessions at their limit", cleanupTask{order: 70})                           // they end, however much they are used
)

// sessionReader finds sessions, as they are now.
type sessionReader interface {
	// SessionByDigest returns the session whose token has this digest, with its user, in one
	// round trip.
	SessionByDigest(ctx context.Context, digest []byte) (*Session, *User, error)
	// SessionByID returns the session and its user, in one round trip.
	SessionByID(ctx context.Context, id uuid.UUID) (*Session, *User, error)
	// Sessions returns all sessions of a user, the last seen first and of those seen at the same
	// time the last begun; none is no error.
	Sessions(ctx context.Context, userID uuid.UUID) ([]*Session, error)
}

// RecentSessionReader finds sessions as they were a moment ago.
type RecentSessionReader interface {
	// RecentSessionByDigest is SessionByDigest for who changes nothing. What was changed through another
	// Store, the other replica's say, may be missing from it for as long as a notice takes, 2 s if none can
	// arrive, and 10 s if one was lost on its way or is not sent, as when a user was last seen; what was changed
	// through this one never is.
	RecentSessionByDigest(ctx context.Context, digest []byte) (*Session, *User, error)
	// RecentSessionByID is SessionByID in the same way.
	RecentSessionByID(ctx context.Context, id uuid.UUID) (*Session, *User, error)
}

// sessionStore remembers sessions.
type sessionStore interface {
	sessionReader

	// CreateSession adds a session; ErrNotFound when there is no such user, or no such session of who acts in it.
	CreateSession(ctx context.Context, s *Session) error
	// RenewSession gives the session a new token and the time at which a credential was proved, and
	// begins the next generation of its tokens, which it returns: its refresh tokens are deleted, and the sessions end
	// in which its user acts as another.
	RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) (generation int, err error)
	// ProveSession moves the time at which a credential was last proved in the session forward to
	// at, never back, writes the methods that were proved in it so far, and changes nothing else;
	// ErrNotFound if the session has ended.
	ProveSession(ctx context.Context, id uuid.UUID, at time.Time, methods []Method) error
	// ProveSecondFactor is ProveSession for a second factor: it moves the time of that forward in the same way, and
	// writes that two factors were proved.
	ProveSecondFactor(ctx context.Context, id uuid.UUID, at time.Time, methods []Method) error
	// EndSession removes a session, and those in which its user acts as another; ErrNotFound if it has ended already.
	EndSession(ctx context.Context, id uuid.UUID) error
	// EndSessions removes all sessions of a user but the one given (uuid.Nil: none), as EndSession does, and returns
	// how many of the user there were.
	EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error)
}
