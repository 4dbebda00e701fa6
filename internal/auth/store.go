package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
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
	PasskeyTx
	ProviderTx
	AdminTx
	ImportTx
	InvitationTx
	EventTx
	Reader
	Writer
	RecentSessionReader
	SessionWatcher
	ratelimit.Store
	OutboxStore
	MailQueueStore
	CleanUpStore
}

// Tx is what a transaction can do. A feature adds the interface of its rows here, with the methods that
// its use cases need under their locks, and none besides.
type Tx interface {
	userStore
	signUpStore
	sessionStore
	refreshStore
	signingKeyStore
	tokenStore
	codeStore
	EmailStore
	auditStore
	deviceStore
	emailChangeStore
	deletedUserStore
	KnownDeviceStore
	loginChallengeStore
	totpStore
	recoveryCodeStore
	trustedDeviceStore
	mailDropStore
	followedLinkStore
	ratelimit.Settler

	// A feature of many rows has a part of its own, with one method here.

	Passkeys() PasskeyTx
	Providers() ProviderTx
	Administration() AdminTx
	Imports() ImportTx
	Invitations() InvitationTx
	Events() EventTx
}

// Reader is what is read outside of transactions: to authenticate, to list, to compose an email, and to
// find what a use case is about before it takes its locks.
type Reader interface {
	userReader
	userLister
	signUpReader
	sessionReader
	refreshReader
	signingKeyReader
	tokenReader
	codeReader
	auditReader
	emailChangeReader
	apiClientReader
	KnownDeviceReader
	passwordCostReader
	loginChallengeReader
	totpReader
	recoveryCodeReader
	followedLinkReader
	trustedDeviceReader
	passkeyReader
	identityReader
	pendingIdentityReader
	directoryReader
	importReader
	invitationReader
	ownDataReader
	eventReader
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
	// MintInvitation gives an invitation that was not accepted a token with this digest, in place of any other.
	// ErrNotFound if there is no such invitation.
	MintInvitation(ctx context.Context, id uuid.UUID, digest []byte) error
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
	SessionWatcher
	ratelimit.Store
	MailQueueStore
	CleanUpStore
	// HasNewer is OutboxStore.HasNewer.
	HasNewer(ctx context.Context, item *OutboxItem) (bool, error)
}

// signUpReader finds registrations that are not confirmed.
type signUpReader interface {
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

// signUpStore remembers registrations that are not confirmed.
type signUpStore interface {
	// CreateSignUp adds s, which holds its username, if it has one, until it is removed or, from
	// the moment it expires, until another user takes that. ErrUsernameTaken as in SetUsername,
	// judged at the time of creation; then nothing is added.
	CreateSignUp(ctx context.Context, s *SignUp) error
	// TakeSignUps removes and returns all sign-ups of an address and the tokens of them, the
	// newest first; none is no error. Two that take at once share nothing: one waits and then
	// finds what the other left.
	TakeSignUps(ctx context.Context, key string) ([]*SignUp, error)
}
