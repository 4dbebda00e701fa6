package auth

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Lifetimes of a session, and how finely its use is written down.
const (
	sessionIdle     = 30 * 24 * time.Hour // NIST SP 800-63B-4, AAL1
	sessionAbsolute = 90 * 24 * time.Hour
	sessionTouch    = time.Minute
	// FreshFor is how long a proof of a credential counts as recent (step-up).
	FreshFor = 10 * time.Minute
)

// Session is one login of one user on one client. Only the digest of its token is kept.
type Session struct {
	ID              uuid.UUID
	UserID          uuid.UUID
	TokenDigest     []byte // SHA-256
	CreatedAt       time.Time
	LastSeenAt      time.Time // at most a minute old
	AuthenticatedAt time.Time // when a credential was last proved in it
	EndsAt          time.Time // however much it is used
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

// Fresh reports whether a credential was proved in the session within the last 10 minutes.
func (s *Session) Fresh(now time.Time) bool {
	return now.Before(s.AuthenticatedAt.Add(FreshFor))
}

// Caller is somebody with a living session: the authority that operations on one's own account take
// as an argument.
type Caller struct {
	User    *User
	Session *Session
}

// Tokens is what a client keeps of a login.
type Tokens struct {
	AccessToken secret.Text
	ExpiresAt   time.Time // unless the session is used again
}

// Grant is the end of every way of logging in.
type Grant struct {
	User    *User
	Session *Session
	Tokens  *Tokens
}
