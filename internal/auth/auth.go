// Package auth is Latchkey: who may come in, and what is remembered about it. It knows no HTTP, no
// SQL and no GraphQL; those packages know it.
//
// A Service has one method per use case. Each checks its whole input first and returns every
// Problem at once; then does what is slow (hashing); then reads and writes in one transaction, in
// which it also owes the mail; and last wakes the Mailer. Who is asking is always an argument.
package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/password"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// RegistrationMode says who may sign up.
type RegistrationMode string

// The registration modes.
const (
	RegistrationOpen   RegistrationMode = "OPEN"
	RegistrationInvite RegistrationMode = "INVITE" // who was invited
	RegistrationClosed RegistrationMode = "CLOSED"
)

// EmailVerification says what an unconfirmed address may do.
type EmailVerification string

// The modes of email verification.
const (
	VerificationMandatory EmailVerification = "MANDATORY" // nothing, not even tell whether it is known
	VerificationOptional  EmailVerification = "OPTIONAL"  // log in; mail asks for the confirmation
	VerificationNone      EmailVerification = "NONE"      // log in; no mail is sent
)

// Config is what an operator decides. It never changes while a Service runs.
type Config struct {
	Registration RegistrationMode
	// NoInvitationPage says that links of invitations have no page unless whoever invites names one.
	NoInvitationPage  bool
	EmailVerification EmailVerification
	Usernames         UsernameMode // empty: off
	LoginCodes        bool         // whether one can log in by a mailed code
	// RequireSecondFactor says who must have a second factor; empty: nobody.
	RequireSecondFactor SecondFactorPolicy
	// Impersonation says whether administrators can act as users, and whether these are told; empty: they are.
	Impersonation  ImpersonationPolicy
	TrustedDevices bool   // whether a device can skip the second factor for a while
	ServiceName    string // what authenticator apps call this service; empty: Latchkey
	// RelyingParty is on which domain passkeys work; nil: there are none.
	RelyingParty *passkey.RelyingParty
	// TolerateClonedPasskeys lets passkeys work of which there may be a copy.
	TolerateClonedPasskeys bool
	PasswordMinLength      int // in code points after NFC; at least, and by default, password.MinLength
	PasswordMaxLength      int
	Profile                *profile.Schema // nil: profiles are empty
	// MaxSessionsPerUser is how many sessions a user has at once; below 1: DefaultMaxSessionsPerUser.
	MaxSessionsPerUser int
	RedirectURLs       address.RedirectURLs // where mailed links may lead beside the configured pages
	Observer           Observer             // nil: nothing is counted
	// EventsKept is for how long events are kept; zero: 30 days; below zero: none are written.
	EventsKept time.Duration
	// Limits is how often what can be done; zero: as often as by default.
	Limits Limits
	// LimitPatience is how long an attempt waits for others that hold what it needs; below 1: 2 s.
	LimitPatience time.Duration

	AccessToken         AccessTokenKind  // empty: opaque
	AccessTokenLifetime time.Duration    // of a JWT; zero, or above 15 minutes: those
	JWTAlgorithm        secret.Algorithm // empty: EdDSA
	Issuer              string           // who vouches for tokens: the public URL without a slash at its end
	JWTAudience         []string         // whom JWTs are for; empty: the issuer
	Claims              Claims           // what JWTs tell of the user beside the id

	Providers    Providers    // by which people sign in; nil: none
	ProviderLink ProviderLink // empty: ask
	// ProviderFailed is told why a provider's word could not be had or taken; nil: nobody is.
	ProviderFailed func(ctx context.Context, why *provider.Failure)
	// HashUnreadable is told whose password hash cannot be compared, of a user or a sign-up; nil: nobody is.
	HashUnreadable func(ctx context.Context, whose uuid.UUID)
}

// Service is the domain: one method per use case, safe for concurrent use.
type Service struct {
	config Config
	store  outside
	hasher clientHasher
	codes  *secret.CodeKey
	// recovery is the key of recovery codes.
	recovery *secret.CodeKey
	keys     *keys
	mailer   Mailer
	now      func() time.Time
	limits   *ratelimit.Limiter

	deviceKey *secret.FingerprintKey // of clients that accounts know
	decoyKey  *secret.FingerprintKey // of identifiers, for Hasher.Decoy
	strangers *ratelimit.Memory      // clients that were not known a moment ago
	watchers  *watchers              // of sessions
}

// New returns a Service on a store. All replicas on one store have the same key, from which the keys
// of single purposes are derived. It takes its time from now, in any zone.
func New(config Config, key secret.Key, store Store, hasher *secret.Hasher, mailer Mailer, now func() time.Time) *Service {
	if config.Usernames == "" {
		config.Usernames = UsernamesOff
	}
	config.PasswordMinLength, config.PasswordMaxLength = max(config.PasswordMinLength, password.MinLength), password.MaxLength
	if config.MaxSessionsPerUser < 1 {
		config.MaxSessionsPerUser = DefaultMaxSessionsPerUser
	}
	if config.EventsKept == 0 {
		config.EventsKept = eventsKept
	}
	if config.AccessTokenLifetime <= 0 || config.AccessTokenLifetime > accessTokenMaxLifetime {
		config.AccessTokenLifetime = accessTokenMaxLifetime
	}
	if config.JWTAlgorithm == "" {
		config.JWTAlgorithm = secret.EdDSA
	}
	if config.Providers == nil {
		config.Providers = (*provider.Set)(nil)
	}
	if len(config.JWTAudience) == 0 {
		config.JWTAudience = []string{config.Issuer}
	}
	fingerprints := secret.NewFingerprintKey(key, "rate limits")
	micros := func() time.Time { return now().UTC().Truncate(time.Microsecond) }
	return &Service{
		config: config, store: store, hasher: clientHasher{hasher, !config.Limits.Off()}, codes: secret.NewCodeKey(key), recovery: secret.NewRecoveryKey(key), keys: &keys{under: key}, mailer: mailer,
		deviceKey: fingerprints, decoyKey: secret.NewFingerprintKey(key, "decoys"), strangers: ratelimit.NewMemory(), watchers: newWatchers(), now: micros,
		limits: ratelimit.New(store, fingerprints, config.LimitPatience, micros),
	}
}

// ProfileSchema returns what a profile may hold, as a JSON Schema.
func (c Config) ProfileSchema() map[string]any { return c.Profile.Document() }

// serviceName is what authenticator apps call this service.
func (c Config) serviceName() string { return cmp.Or(c.ServiceName, "Latchkey") }

// Config returns what a frontend has to know before it can draw a form.
func (s *Service) Config() Config { return s.config }
