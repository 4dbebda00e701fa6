package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Store is what a backend implements. Its methods return ErrNotFound for what does not exist and some
// other error when they cannot tell; (nil, nil) is neither and is never returned. Times go in and
// come out in UTC, to the microsecond. No method looks at a clock or judges an expiry: its caller
// does.
//
// Every backend passes the suite in internal/store/storetest, which is the long form of this
// comment.
type Store interface {
	// InTx runs fn in one transaction and commits if it returns nil; its error comes back as it
	// is. Inside, only tx may be used. A transaction that lost a race for its locks, a
	// serialization failure or a deadlock, is run again from the start, so fn must not act on
	// the world.
	InTx(ctx context.Context, fn func(tx Tx) error) error
	// Ping reports whether the store can answer.
	Ping(ctx context.Context) error

	Tx // a call outside of InTx is a transaction of its own
	Reader
	Writer
	RecentSessionReader
	ratelimit.Store
	OutboxStore
	MailQueueStore
	CleanUpStore
}

// Tx is what a transaction can do. A feature adds the interface of its rows here, with the methods that
// its use cases need under their locks, and none besides.
type Tx interface {
	UserStore
	SignUpStore
	SessionStore
	RefreshStore
	SigningKeyStore
	TokenStore
	CodeStore
	EmailStore
	AuditStore
	DeviceStore
	EmailChangeStore
	DeletedUserStore
	APIClientStore
	KnownDeviceStore
	ratelimit.Settler
}

// Reader is what is read outside of transactions: to authenticate, to list, to compose an email, and to
// find what a use case is about before it takes its locks.
type Reader interface {
	UserReader
	UserLister
	SignUpReader
	SessionReader
	RefreshReader
	SigningKeyReader
	TokenReader
	CodeReader
	AuditReader
	EmailChangeReader
	APIClientReader
	KnownDeviceReader
}

// Writer is what is written outside of transactions: the use of a credential, and the digest of what
// an email is about to bring. Each is a transaction of its own.
type Writer interface {
	// TouchSession moves the time a session was last seen forward to seen, never back. A session
	// that has ended is no error. It may be written down a second or so later; the methods of this Store
	// know of it at once.
	TouchSession(ctx context.Context, id uuid.UUID, seen time.Time) error
	// RotateRefreshChain makes the token with the digest of c the one that is good, in place of that
	// with the digest c.Previous, and moves the time its session was last seen forward to seen,
	// never back; both in one transaction. ErrNotFound, and nothing is changed, if that is not the
	// good one any more: of any number who rotate at once, one does.
	RotateRefreshChain(ctx context.Context, c *RefreshChain, seen time.Time) error
	// TouchAPIClient moves the time a client was last used forward to at, never back. A deleted one
	// is no error.
	TouchAPIClient(ctx context.Context, id uuid.UUID, at time.Time) error

	CreateToken(ctx context.Context, t *OneTimeToken) error
	// MintCode gives a request its user or sign-up, digest and time of expiry, and keeps the rest.
	// ErrNotFound if there is no request of this id, purpose and address, or no such user.
	MintCode(ctx context.Context, c *OneTimeCode) error
	// AddEmailChangeToken adds a token; ErrNotFound when there is no such change.
	AddEmailChangeToken(ctx context.Context, t *EmailChangeToken) error
}

// outside is what a Service does with its store outside of transactions. It cannot change an account:
// that takes a transaction, which Service.do opens.
type outside interface {
	InTx(ctx context.Context, fn func(tx Tx) error) error
	Reader
	Writer
	RecentSessionReader
	ratelimit.Store
	MailQueueStore
	CleanUpStore
	// HasNewer is OutboxStore.HasNewer.
	HasNewer(ctx context.Context, item *OutboxItem) (bool, error)
}

// UserReader finds users.
type UserReader interface {
	UserByID(ctx context.Context, id uuid.UUID) (*User, error)
	UserByEmail(ctx context.Context, key string) (*User, error)
	// UserByUsername returns the user who holds the username with this key.
	UserByUsername(ctx context.Context, key string) (*User, error)
}

// UserLister lists users.
type UserLister interface {
	// Users returns up to limit users in order of creation, those after the given id; uuid.Nil
	// is before the first.
	Users(ctx context.Context, after uuid.UUID, limit int) ([]*User, error)
}

// UserStore remembers users and their passwords.
type UserStore interface {
	UserReader

	// CreateUser adds u, with its password and its username if it has them. ErrEmailTaken when
	// another user has the key of its address, or has left it by a change of address that was made
	// and not released; ErrUsernameTaken as in SetUsername, judged at the time of creation; or both
	// in one error; then nothing is added.
	CreateUser(ctx context.Context, u *User) error
	// LockUser reads the user like UserByID and keeps others from changing it or its password
	// until the transaction ends.
	LockUser(ctx context.Context, id uuid.UUID) (*User, error)
	// UpdateUser writes everything of u but its id, its creation time, its password and its
	// username. ErrEmailTaken as in CreateUser, of an address that was left only if the key is
	// another one than before.
	UpdateUser(ctx context.Context, u *User) error
	// SetPassword gives the user the password with this hash, and takes away any other; an empty
	// hash takes it away.
	SetPassword(ctx context.Context, userID uuid.UUID, hash secret.Text, at time.Time) error
	// SetUsername gives the user this username, and frees any other; the zero Username only frees it.
	// ErrUsernameTaken, and nothing is changed, when another user holds one with its key, or a
	// sign-up that has not expired at the time given. Of two who take a name at once, one gets it.
	SetUsername(ctx context.Context, userID uuid.UUID, name Username, at time.Time) error
}

// SignUpReader finds registrations that are not confirmed.
type SignUpReader interface {
	SignUpByID(ctx context.Context, id uuid.UUID) (*SignUp, error)
	// SignUpByUsername returns the sign-up that holds the username with this key, expired or not.
	SignUpByUsername(ctx context.Context, key string) (*SignUp, error)
	// NewestSignUp returns the sign-up with an address that was made last, expired or not.
	NewestSignUp(ctx context.Context, key string) (*SignUp, error)
	// SignUpsByEmail returns all sign-ups of an address, the newest first; none is no error.
	SignUpsByEmail(ctx context.Context, key string) ([]*SignUp, error)
	// SignUps returns up to limit sign-ups in order of creation, those after the given id.
	SignUps(ctx context.Context, after uuid.UUID, limit int) ([]*SignUp, error)
}

// SignUpStore remembers registrations that are not confirmed.
type SignUpStore interface {
	// CreateSignUp adds s, which holds its username, if it has one, until it is removed or, from
	// the moment it expires, until another user takes that. ErrUsernameTaken as in SetUsername,
	// judged at the time of creation; then nothing is added.
	CreateSignUp(ctx context.Context, s *SignUp) error
	// TakeSignUps removes and returns all sign-ups of an address and the tokens of them, the
	// newest first; none is no error. Two that take at once share nothing: one waits and then
	// finds what the other left.
	TakeSignUps(ctx context.Context, key string) ([]*SignUp, error)
}

// SessionReader finds sessions, as they are now.
type SessionReader interface {
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

// SessionStore remembers sessions.
type SessionStore interface {
	SessionReader

	CreateSession(ctx context.Context, s *Session) error
	// RenewSession gives the session a new token and the time at which a credential was proved, and
	// begins the next generation of its tokens, which it returns: its refresh tokens are deleted.
	RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) (generation int, err error)
	// ProveSession moves the time at which a credential was last proved in the session forward to
	// at, never back, writes the methods that were proved in it so far, and changes nothing else;
	// ErrNotFound if the session has ended.
	ProveSession(ctx context.Context, id uuid.UUID, at time.Time, methods []Method) error
	// EndSession removes a session; ErrNotFound if it has ended already.
	EndSession(ctx context.Context, id uuid.UUID) error
	// EndSessions removes all sessions of a user but the one given (uuid.Nil: none) and returns
	// how many there were.
	EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error)
}

// TokenReader finds one-time tokens by their digests.
type TokenReader interface {
	// TokenByDigest looks a token up without using it.
	TokenByDigest(ctx context.Context, purpose Purpose, digest []byte) (*OneTimeToken, error)
}

// TokenStore remembers one-time tokens by their digests.
type TokenStore interface {
	// TakeToken removes and returns the token: of two who take it at once, one gets ErrNotFound.
	TakeToken(ctx context.Context, purpose Purpose, digest []byte) (*OneTimeToken, error)
	// DeleteTokens removes all tokens of a user, and the change of address that waits, with its. It
	// voids the codes that were mailed to them: their digests are deleted, the requests stay. What
	// undoes a change that was made stays.
	DeleteTokens(ctx context.Context, userID uuid.UUID) error
}

// EmailStore remembers email that is to be sent.
type EmailStore interface {
	AddToOutbox(ctx context.Context, item *OutboxItem) error
}

// OutboxStore is the outbox for the worker that sends. An item is leased by one worker at a time; the lease is
// known by its holder's id, and what a holder does after losing it returns ErrNotFound and changes
// nothing.
type OutboxStore interface {
	// LeaseOutbox leases up to limit items that are due and that no worker holds at now, the
	// longest due first, and counts the attempt. None is no error. Of the items of one recipient only
	// the first, by id, of those of low priority and the first of the others are leased until they are
	// finished, abandoned or bypassed; an item without a recipient, or one that is bypassed, neither waits nor
	// is waited for.
	LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*OutboxItem, error)
	RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error
	// FinishOutbox removes an item: the email was sent, or no one is to get it.
	FinishOutbox(ctx context.Context, id, holder uuid.UUID) error
	// RetryOutbox gives an item back, to be due again later. The reason is kept for operators.
	RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error
	// Bypass keeps the items of the same recipient from waiting for this one any longer.
	Bypass(ctx context.Context, id, holder uuid.UUID) error
	// AbandonOutbox keeps an item where operators can see it and never leases it again.
	AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error
	// OutboxDepth counts the items, judged at now. An empty outbox is no error.
	OutboxDepth(ctx context.Context, now time.Time) (OutboxDepth, error)
	// HasNewer reports whether an item with the same job and recipient was added after this one,
	// by id, and is not abandoned. One without a recipient is never enqueued again.
	HasNewer(ctx context.Context, item *OutboxItem) (bool, error)
}
