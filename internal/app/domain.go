package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// domain is what the settings say of the Service: everything but the store, so that whatever is
// wrong with them is found before a database is touched.
type domain struct {
	policy auth.Config
	key    secret.Key
	hasher *secret.Hasher
}

// newDomain fails if the secret key or the profile schema cannot be read, or a claim is none.
func newDomain(cfg *config.Config) (*domain, error) {
	key, err := cfg.Key()
	if err != nil {
		return nil, err
	}
	policy, err := NewPolicy(cfg)
	if err != nil {
		return nil, err
	}
	hasher, err := secret.NewHasher(secret.Params{
		MemoryKiB:   cfg.PasswordHashMemory,
		Passes:      cfg.PasswordHashPasses,
		Parallelism: secret.DefaultParams.Parallelism,
	}, hasherOptions()...)
	if err != nil {
		return nil, err
	}
	return &domain{policy: policy, key: key, hasher: hasher}, nil
}

// noMailer is the Mailer of the command line: a running server finds the mail in the outbox.
type noMailer struct{}

func (noMailer) Wake() {}

// WithService runs fn with the domain on its database, without mail and pages.
func WithService(ctx context.Context, cfg *config.Config, logger *slog.Logger, fn func(*auth.Service) error) error {
	domain, err := newDomain(cfg)
	if err != nil {
		return err
	}
	db, err := openUpToDate(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return fn(domain.on(db, noMailer{}))
}

// on puts the domain on a store.
func (d *domain) on(db *store.DB, mailer auth.Mailer) *auth.Service {
	return auth.New(d.policy, d.key, db, d.hasher, mailer, time.Now)
}

// NewPolicy is what the settings decide of the domain. It fails if the profile schema cannot be read,
// or a claim is none.
func NewPolicy(cfg *config.Config) (auth.Config, error) {
	policy := auth.Config{
		Registration:      auth.RegistrationMode(strings.ToUpper(cfg.Registration)),
		NoInvitationPage:  !cfg.InvitationPage,
		EmailVerification: auth.EmailVerification(strings.ToUpper(cfg.EmailVerification)),
		Usernames:         auth.UsernameMode(strings.ToUpper(cfg.Usernames)),
		LoginCodes:        cfg.LoginCodes,

		ProviderLink: auth.ProviderLink(cfg.ProviderLink),

		RequireSecondFactor: auth.SecondFactorPolicy(cfg.RequireSecondFactor),
		Impersonation:       auth.ImpersonationPolicy(cfg.Impersonation),
		TrustedDevices:      cfg.TrustedDevices,
		ServiceName:         cfg.ProductName,

		TolerateClonedPasskeys: cfg.PasskeyClones == "tolerate",

		PasswordMinLength:  int(cfg.PasswordMinLength),
		MaxSessionsPerUser: int(cfg.MaxSessionsPerUser),
		EventsKept:         time.Duration(cfg.EventsKept) * 24 * time.Hour,
		RedirectURLs:       cfg.RedirectURLs,
		Limits:             cfg.RateLimits,

		AccessToken:         auth.AccessTokenKind(cfg.AccessToken),
		AccessTokenLifetime: cfg.AccessTokenLifetime,
		JWTAlgorithm:        secret.Algorithm(cfg.JWTAlgorithm),
		Issuer:              strings.TrimSuffix(cfg.PublicURL.String(), "/"),
		JWTAudience:         cfg.JWTAudience,
	}
	if cfg.EventsKept == 0 {
		policy.EventsKept = -1 // none
	}
	if cfg.PasskeyDomain != "" {
		party, err := passkey.New(passkey.Settings{
			Domain: cfg.PasskeyDomain, Name: cfg.ProductName, Timeout: auth.CeremonyLifetime,
			Origins:   slices.Concat([]string{cfg.PublicURL.Scheme + "://" + cfg.PublicURL.Host}, cfg.AllowedOrigins, cfg.PasskeyApps),
			Localhost: cfg.LocalhostOrigins && cfg.PasskeyDomain == "localhost",
		})
		if err != nil {
			return policy, fmt.Errorf("LATCHKEY_PASSKEY_DOMAIN: %w", err)
		}
		policy.RelyingParty = party
	}
	if cfg.ProfileSchema != "" {
		schema, err := profile.Load(cfg.ProfileSchema)
		if err != nil {
			return policy, fmt.Errorf("LATCHKEY_PROFILE_SCHEMA: %w", err)
		}
		policy.Profile = schema
	}
	claims, err := auth.ParseClaims(cfg.JWTClaims, policy.Profile)
	if err != nil {
		return policy, fmt.Errorf("LATCHKEY_JWT_CLAIMS: %w", err)
	}
	policy.Claims = claims
	return policy, nil
}
