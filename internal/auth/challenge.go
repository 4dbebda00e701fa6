package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Bounds of a login that waits for its second step.
const (
	// challengeLifetime is how long a login waits for its second factor.
	challengeLifetime = 10 * time.Minute
	// challengeTries is how often a second factor can be tried in one login, the right one included.
	challengeTries = 5
)

// ChallengeKind says what a login waits for.
type ChallengeKind string

// The kinds of challenges.
const (
	ChallengeProve  ChallengeKind = "PROVE"  // the user has a second factor, and has to prove it
	ChallengeEnroll ChallengeKind = "ENROLL" // the user needs a second factor, and has to set one up
)

// Challenge is what a login returns in place of a session when the user has or needs a second factor.
type Challenge struct {
	Token     secret.Text
	ExpiresAt time.Time
	Kind      ChallengeKind
	Factors   []SecondFactor // with which it can be completed; of ChallengeEnroll: those that can be set up
	// PasskeyOptions are for the browser, to complete it with a passkey; nil: it cannot be.
	PasskeyOptions map[string]any
}

// LoginChallenge is a login that waits for its second step. It is no session: its token opens nothing but the few
// fields that complete a login. It ends with each change of the user's credentials.
type LoginChallenge struct {
	Digest   []byte // SHA-256 of its token
	UserID   uuid.UUID
	Kind     ChallengeKind
	Methods  []Method // that were proved in the first step
	Delivery Delivery // of the session that begins when it is completed
	// PasskeyState is what the use of a passkey in it is verified with; nil: it cannot be completed with one.
	PasskeyState []byte
	Tries        int // so far
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// loginChallengeReader finds logins that wait for their second step.
type loginChallengeReader interface {
	// LoginChallengeByDigest returns the challenge and its user.
	LoginChallengeByDigest(ctx context.Context, digest []byte) (*LoginChallenge, *User, error)
}

// loginChallengeStore remembers logins that wait for their second step. tokenStore.DeleteTokens removes those of a
// user as well.
type loginChallengeStore interface {
	// CreateLoginChallenge adds a challenge. ErrNotFound when there is no such user.
	CreateLoginChallenge(ctx context.Context, c *LoginChallenge) error
	// TryLoginChallenge counts a try. ErrNotFound if there is no such challenge, or if it was tried limit times
	// already: however many try at once, limit of them may.
	TryLoginChallenge(ctx context.Context, digest []byte, limit int) error
	// TakeLoginChallenge removes the challenge: of two who take it at once, one gets ErrNotFound.
	TakeLoginChallenge(ctx context.Context, digest []byte) error
	// DeleteLoginChallenges removes all challenges of a user. If there are none, that is no error.
	DeleteLoginChallenges(ctx context.Context, userID uuid.UUID) error
}

// ExpiredLoginChallenges are logins whose second step did not come in time.
var ExpiredLoginChallenges = newExpired("logins that wait", cleanupTask{order: 45})

// actLoginChallenged names no session: there is none yet.
var actLoginChallenged = newAct("login_challenged", "A user passed the first step of signing in, and needs a second factor to complete it.")

// Why a login cannot be completed.
var (
	errChallengeEnded = &Error{Kind: Unauthenticated, Message: "This login has expired, was tried too often, or has ended. Log in again."}
	// errChallengeNoSession is what the token of a login that waits gets wherever a session is needed.
	errChallengeNoSession = &Error{Kind: Unauthenticated, Message: "This is the token of a login that is not complete: send it to completeLogin, or to the fields that set up a second factor."}
	// errNoChallenge is what a session gets where a login that waits is needed.
	errNoChallenge = &Error{Kind: Unauthenticated, Message: "This completes a login: send the token of its challenge as `Authorization: Bearer <token>`."}
)

// Pending is a user who has passed the first step of a login and not the second: the authority to complete it, and
// nothing else.
type Pending struct {
	User      *User
	Challenge *LoginChallenge
}

// Bearer is whoever sends a token to a field that is open to logins that wait too. One of the two is set.
type Bearer struct {
	Caller  *Caller
	Pending *Pending
}

// user returns whose token it is.
func (b Bearer) user() *User {
	if b.Pending != nil {
		return b.Pending.User
	}
	return b.Caller.User
}

// binding names the session or the login, for what works in it alone.
func (b Bearer) binding() string {
	if b.Pending != nil {
		return fmt.Sprintf("login %x", b.Pending.Challenge.Digest)
	}
	return "session " + b.Caller.Session.ID.String()
}

// IsChallenge reports whether a token is one of a login that waits, by its form alone.
func IsChallenge(token secret.Text) bool {
	return secret.CheckToken(secret.ChallengeToken, token) == nil
}

// AuthenticateChallenge returns whose login waits with this token. It returns an Error of kind Unauthenticated if the
// token is not one of such a login, or that has expired or ended; any other error means that it could not be found
// out.
func (s *Service) AuthenticateChallenge(ctx context.Context, token secret.Text) (*Pending, error) {
	if !IsChallenge(token) {
		return nil, errNoChallenge
	}
	challenge, user, err := s.store.LoginChallengeByDigest(ctx, secret.Digest(token))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errChallengeEnded
	case err != nil:
		return nil, fmt.Errorf("authenticate: find login challenge: %w", err)
	case !s.now().Before(challenge.ExpiresAt) || user.Disabled() || !s.mayLogIn(user):
		return nil, errChallengeEnded
	}
	return &Pending{User: user, Challenge: challenge}, nil
}

// challenge makes the challenge of a user who has proved too few factors. It is what admit does in place of a grant,
// under the lock of the user.
func (s *Service) challenge(ctx context.Context, tx *tx, user *User, proof *proof, delivery Delivery) (*Challenge, error) {
	kind, factors, passkeys := ChallengeEnroll, s.enrollable(user), &passkey.Ceremony{}
	if user.HasSecondFactor() {
		kind = ChallengeProve
		begun, err := s.beginProof(ctx, tx.Passkeys(), user)
		if err != nil {
			return nil, err
		}
		if factors, err = usableFactors(ctx, tx, user.ID, begun != nil); err != nil {
			return nil, err
		}
		if begun != nil {
			passkeys = begun
		}
	}
	token := secret.NewToken(secret.ChallengeToken)
	waiting := &LoginChallenge{
		Digest: secret.Digest(token), UserID: user.ID, Kind: kind, Methods: proof.methods, Delivery: delivery, PasskeyState: passkeys.State,
		CreatedAt: tx.at, ExpiresAt: tx.at.Add(challengeLifetime),
	}
	if err := tx.CreateLoginChallenge(ctx, waiting); err != nil {
		return nil, err
	}
	if err := tx.audit(ctx, actLoginChallenged, user.ID, noSession); err != nil {
		return nil, err
	}
	return &Challenge{Token: token, ExpiresAt: waiting.ExpiresAt, Kind: kind, Factors: factors, PasskeyOptions: passkeys.Options}, nil
}

// proofOfLogin is the proof of both steps of a login that waits: what was proved in the first, and use, which proves
// the second under the lock of the user and uses it up. It takes the challenge, which so completes one login.
func (s *Service) proofOfLogin(pending *Pending, second Method, use func(ctx context.Context, tx *tx, user *User) error) *proof {
	challenge := pending.Challenge
	return &proof{
		methods: withMethods(challenge.Methods, second), factors: 2, userID: challenge.UserID,
		recheck: func(ctx context.Context, tx *tx, user *User) error {
			if user.Disabled() || !tx.at.Before(challenge.ExpiresAt) {
				return errChallengeEnded
			}
			err := tx.TakeLoginChallenge(ctx, challenge.Digest)
			if errors.Is(err, ErrNotFound) {
				return errChallengeEnded
			}
			if err != nil {
				return err
			}
			return use(ctx, tx, user)
		},
		forgives: func(user *User) []string {
			if challenge.proved(MethodPassword) {
				return wrongCodesOf(user)
			}
			return []string{user.Email.Canonical}
		},
	}
}

// proved reports whether the first step of the login was proved by a method.
func (c *LoginChallenge) proved(method Method) bool {
	for _, m := range c.Methods {
		if m == method {
			return true
		}
	}
	return false
}

// ceremony is the use of a passkey that completes the login; nil: it cannot be completed with one. It ends with the
// challenge.
func (c *LoginChallenge) ceremony() *openCeremony {
	if c.PasskeyState == nil {
		return nil
	}
	return &openCeremony{sealedCeremony: sealedCeremony{Library: c.PasskeyState}}
}
