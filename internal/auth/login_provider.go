package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actLoggedInByProvider = newAct("logged_in_by_provider", "A user signed in with a provider.",
	outcomeOK, AccountDisabled, InvalidCode, ProviderFailed, outcomeLimited)

// ProviderGrant is what came of a sign-in with a provider: one of the two.
type ProviderGrant struct {
	Grant   *Grant
	Awaited *Awaited
}

// LoginWithProviderInput is the code with which a browser came back, and the verifier that its client kept.
type LoginWithProviderInput struct {
	Code     secret.Text
	Verifier secret.Text
	SessionDelivery
}

// LoginWithProvider signs in whoever a provider has identified, and begins a session, or waits for a second factor. An
// identity that is not known yet becomes a new account if the provider's word counts for its email address and no
// account has that; otherwise something is awaited of the user, and nothing is connected. Problems: TOKEN_INVALID for a
// code that is unknown, used, expired or of another client; ACCOUNT_DISABLED. Errors: kind RateLimited.
func (s *Service) LoginWithProvider(ctx context.Context, in LoginWithProviderInput) (*ProviderGrant, error) {
	if err := s.limit(ctx, LimitLoginWithProvider, actLoggedInByProvider, ""); err != nil {
		return nil, fmt.Errorf("log in with provider: %w", err)
	}
	pending, err := s.findPending(ctx, secret.ProviderCode, in.Code, in.Verifier, "code")
	if err != nil {
		return nil, fmt.Errorf("log in with provider: %w", err)
	}
	return s.loginByIdentity(ctx, &arrival{
		identity: &pending.Identity, challenge: pending.Challenge,
		use: func(ctx context.Context, tx *tx) error { return usePending(ctx, tx, pending, "code") },
	}, in.SessionDelivery)
}

// LoginWithIDTokenInput is what an app on a device got from a provider.
type LoginWithIDTokenInput struct {
	Provider string
	IDToken  secret.Text
	Nonce    secret.Text // that the app gave the provider, and nobody else
	SessionDelivery
}

// idTokenKept is how long a token that was used is remembered: longer than any is good for, whatever the clocks.
const idTokenKept = provider.NativeTokenLifetime + time.Hour

// LoginWithIDToken is LoginWithProvider for an app that got an id token by the provider's own library. Each token works
// once. The nonce is the verifier of what is awaited. Problems: PROVIDER_UNKNOWN, PROVIDER_FAILED for a token that cannot be
// trusted or was not made for this server's clients, TOKEN_INVALID for one that was used, ACCOUNT_DISABLED.
func (s *Service) LoginWithIDToken(ctx context.Context, in LoginWithIDTokenInput) (*ProviderGrant, error) {
	if err := s.limit(ctx, LimitLoginWithProvider, actLoggedInByProvider, ""); err != nil {
		return nil, fmt.Errorf("log in with id token: %w", err)
	}
	if len(in.Nonce) < nonceMinLength {
		return nil, fmt.Errorf("log in with id token: %w", errShortNonce)
	}
	identity, err := s.config.Providers.VerifyIDToken(ctx, in.Provider, in.IDToken, in.Nonce)
	if err != nil {
		return nil, s.noteProviderRefusal(ctx, s.providerProblem(ctx, err))
	}
	return s.loginByIdentity(ctx, &arrival{
		identity: identity, challenge: secret.Digest(in.Nonce),
		use: func(ctx context.Context, tx *tx) error {
			err := tx.Providers().CreateProviderFlow(ctx, &ProviderFlow{
				Digest:   secret.Digest(secret.Text(strings.Join([]string{identity.Issuer, identity.Subject, in.Nonce.Reveal()}, "\n"))),
				Provider: in.Provider, CreatedAt: tx.at, ExpiresAt: tx.at.Add(idTokenKept),
			})
			if errors.Is(err, ErrFlowUsed) {
				return pendingInvalid("idToken")
			}
			return err
		},
	}, in.SessionDelivery)
}

// nonceMinLength is in bytes: 128 bits in base64url.
const nonceMinLength = 22

var errShortNonce = &Error{Kind: BadInput, Message: "`nonce` has to be at least 22 random characters, new for each sign-in."}

// arrival is somebody whom a provider has identified.
type arrival struct {
	identity  *provider.Identity
	challenge []byte // of what may be awaited
	use       func(ctx context.Context, tx *tx) error
	email     address.Email // that the provider's word counts for, or that was proved here; zero: none
	// since is when the provider gave its word; zero: now.
	since time.Time
	// byCode: the address was proved by a mailed code, which lock uses up.
	byCode *OneTimeCode
}

// methods are those that an arrival has proved.
func (a *arrival) methods() []Method {
	if a.byCode != nil {
		return []Method{MethodProvider, MethodMailedCode}
	}
	return []Method{MethodProvider}
}

// factors is how many factors were proved: a provider's own second one counts if the operator says so.
func (a *arrival) factors() int {
	if a.identity.SecondFactor {
		return 2
	}
	return 1
}

// errAwaits has what an arrival still needs. It is no error of the user's.
type errAwaits PendingReason

func (e errAwaits) Error() string { return "the sign-in needs " + string(e) }

// loginByIdentity begins a session for an arrival, or keeps what it still needs.
func (s *Service) loginByIdentity(ctx context.Context, a *arrival, how SessionDelivery) (*ProviderGrant, error) {
	delivery, err := s.prepare(ctx, how)
	if err != nil {
		return nil, fmt.Errorf("log in with provider: %w", err)
	}
	if a.byCode == nil {
		if a.email, err = s.vouchedFor(ctx, a.identity); err != nil {
			return nil, fmt.Errorf("log in with provider: %w", err)
		}
	}
	if a.email != (address.Email{}) {
		ReportFrom(ctx).concerns(a.email.Canonical)
	}
	grant, err := s.admitArrival(ctx, a, delivery)
	if err != nil && s.isKnown(ctx, a.identity) { // since a moment ago: another callback has made the account
		grant, err = s.admitArrival(ctx, a, delivery)
	}
	if reason, ok := errors.AsType[errAwaits](err); ok {
		return s.await(ctx, a, PendingReason(reason))
	}
	switch {
	case errors.Is(err, ErrEmailTaken): // one who has left the address may get it back
		return s.await(ctx, a, PendingConnect)
	case err != nil:
		return nil, s.noteProviderRefusal(ctx, err)
	}
	return &ProviderGrant{Grant: grant}, nil
}

func (s *Service) admitArrival(ctx context.Context, a *arrival, delivery *delivery) (*Grant, error) {
	return s.admitToSession(ctx, "log in with provider", actLoggedInByProvider, func(context.Context) (*proof, error) {
		return s.proofByIdentity(a), nil
	}, delivery)
}

// isKnown reports whether an identity is somebody's.
func (s *Service) isKnown(ctx context.Context, identity *provider.Identity) bool {
	_, err := s.store.Identity(ctx, identity.Issuer, identity.Subject)
	return err == nil
}

// vouchedFor returns the address that a provider's word counts for; zero: none. The client never supplies it.
func (s *Service) vouchedFor(ctx context.Context, identity *provider.Identity) (address.Email, error) {
	if !identity.Authoritative {
		return address.Email{}, nil
	}
	email, problems := checkEmail(identity.Email)
	if len(problems) > 0 {
		return address.Email{}, nil
	}
	return s.held(ctx, email)
}

// proofByIdentity is the proof of a provider's word. It finds the user whose identity that is, or makes one. A browser
// that was signed in there comes back without anybody having proved anything, so the session is fresh only if the
// provider says that it asked a moment ago, if a mailed code was proved, or if the account is new.
func (s *Service) proofByIdentity(a *arrival) *proof {
	seenAt := &a.identity.AuthenticatedAt
	if a.byCode != nil {
		seenAt = nil
	}
	proof := &proof{methods: a.methods(), factors: a.factors(), seenAt: seenAt}
	if a.byCode != nil {
		proof.forgives = func(*User) []string { return []string{a.byCode.EmailKey} }
	}
	proof.lock = func(ctx context.Context, tx *tx) (*User, error) {
		proof.seenAt = seenAt // the store may run this again
		user, err := s.lockByIdentity(ctx, tx, a)
		if err == nil && user.CreatedAt.Equal(tx.at) {
			proof.seenAt = nil
		}
		return user, err
	}
	proof.recheck = func(_ context.Context, _ *tx, user *User) error {
		switch {
		case user.Disabled():
			return errAccountDisabled
		case !s.mayLogIn(user):
			return errAwaits(PendingEmailNeeded)
		}
		return nil
	}
	return proof
}

// lockByIdentity uses an arrival up, and locks the user whose identity it is, or makes one.
func (s *Service) lockByIdentity(ctx context.Context, tx *tx, a *arrival) (*User, error) {
	if err := a.use(ctx, tx); err != nil {
		return nil, err
	}
	known, err := tx.Providers().Identity(ctx, a.identity.Issuer, a.identity.Subject)
	switch {
	case err == nil && a.byCode != nil: // it became somebody's meanwhile, and not by this code
		return nil, pendingInvalid("pending")
	case err == nil:
		return useIdentity(ctx, tx, known, a.identity)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	user, err := s.newcomer(ctx, tx, a)
	if errors.Is(err, ErrIdentityTaken) {
		return nil, errOvertaken // by another callback at the same moment
	}
	return user, err
}

// useIdentity locks the user of an identity, and notes that it was used. What is known of the user does not change.
func useIdentity(ctx context.Context, tx *tx, known *Identity, from *provider.Identity) (*User, error) {
	user, err := tx.LockUser(ctx, known.UserID)
	if errors.Is(err, ErrNotFound) {
		return nil, errOvertaken
	}
	if err != nil {
		return nil, err
	}
	known.LastUsedAt, known.Email, known.Name = tx.at, shown(from.Email), shown(nameShown(from))
	err = tx.Providers().UseIdentity(ctx, known)
	if errors.Is(err, ErrNotFound) {
		return nil, errOvertaken
	}
	return user, err
}

// newcomer makes a user of an identity that nobody has, or connects it where the operator said so.
func (s *Service) newcomer(ctx context.Context, tx *tx, a *arrival) (*User, error) {
	if a.email == (address.Email{}) {
		return nil, errAwaits(PendingEmailNeeded)
	}
	claim, err := claimants(ctx, tx, a.email.Canonical)
	if err != nil {
		return nil, err
	}
	user := claim.user
	switch {
	case user != nil && user.Disabled():
		return nil, errAccountDisabled
	case user != nil && user.EmailVerified() && (s.config.ProviderLink != ProviderLinkVerified || a.byCode != nil):
		return nil, errAwaits(PendingConnect)
	case user == nil && s.config.Registration != RegistrationOpen:
		return nil, errAwaits(PendingRegistrationClosed)
	}
	if a.byCode != nil {
		if err := useCode(ctx, tx, a.byCode); err != nil {
			return nil, err
		}
	}
	if user == nil || !user.EmailVerified() {
		if user, err = s.takeAddress(ctx, tx, claim, a); err != nil {
			return nil, err
		}
		if _, err := addIdentity(ctx, tx, user, a.identity); err != nil {
			return nil, err
		}
		return user, tx.audit(ctx, actIdentityConnected, user.ID, noSession)
	}
	own, err := tx.Providers().IdentitiesOf(ctx, user.ID)
	switch {
	case err != nil:
		return nil, err
	case len(own) >= identitiesMax:
		return nil, errAwaits(PendingConnect) // where whoever signs in is told that there are too many
	}
	if _, err := addIdentity(ctx, tx, user, a.identity); err != nil {
		return nil, err
	}
	return user, noteConnected(ctx, tx, user, noSession)
}

// takeAddress makes the user of an address whose owner is certain. Whoever signed up with it before, or has an account
// that never confirmed it, may be a stranger: nothing of theirs stays.
func (s *Service) takeAddress(ctx context.Context, tx *tx, claim *claim, a *arrival) (*User, error) {
	claim.disown()
	user := claim.user
	if user == nil {
		user = newUser(a.email, "", tx.at)
		user.VerifiedAt = tx.at
		s.describe(user, a.identity)
		if err := createConfirmed(ctx, tx, user); err != nil {
			return nil, err
		}
		return user, tx.audit(ctx, actSignedUp, user.ID, noSession)
	}
	if _, err := s.confirmAddress(ctx, tx, claim, ""); err != nil {
		return nil, err
	}
	if err := revokeAll(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if user.Name == "" {
		user.Name = shown(a.identity.Name)
	}
	return user, tx.audit(ctx, actEmailConfirmed, user.ID, noSession)
}

// describe fills in what a provider says of a new user, as far as a user could have said it.
func (s *Service) describe(user *User, identity *provider.Identity) {
	user.Name = shown(identity.Name)
	if profile, problems := s.checkNewProfile(identity.Profile); len(problems) == 0 {
		user.Profile = profile
	}
}
