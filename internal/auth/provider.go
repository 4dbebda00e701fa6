package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Providers are the services of others by which people sign in. *provider.Set implements it; a nil one has none.
type Providers interface {
	List() []provider.Info
	AuthorizationURL(ctx context.Context, id string, flow provider.Flow) (string, error)
	Identify(ctx context.Context, id string, answer provider.Answer, flow provider.Flow) (*provider.Identity, error)
	VerifyIDToken(ctx context.Context, id string, token, nonce secret.Text) (*provider.Identity, error)
}

// LoginProviders returns the providers by which people sign in, in the order of buttons.
func (c Config) LoginProviders() []provider.Info {
	if c.Providers == nil {
		return nil
	}
	return c.Providers.List()
}

// ProviderLink says whether an identity is connected to an account because both have the same email address.
type ProviderLink string

// The policies.
const (
	ProviderLinkAsk      ProviderLink = "ask"      // only by whoever has signed in to the account; also the zero policy
	ProviderLinkVerified ProviderLink = "verified" // at once, if the provider's word counts and the account has confirmed the address
)

const (
	// flowLifetime is how long somebody may take at a provider.
	flowLifetime = 10 * time.Minute
	// providerCodeLifetime is how long the code works with which a browser comes back, and ownCodeLifetime how long on
	// a page of this server, where users may have to confirm who they are before they connect an account.
	providerCodeLifetime = time.Minute
	ownCodeLifetime      = 5 * time.Minute
	// flowPurpose is what the secrets of a flow are sealed for.
	flowPurpose = "provider flow"
)

// ProviderFlow is one way to a provider and back.
type ProviderFlow struct {
	Digest      []byte // SHA-256 of the state; or of what works once
	Provider    string
	Sealed      []byte // the nonce and the PKCE verifier, under the state
	Challenge   []byte // SHA-256 of the verifier that the client keeps
	RedirectURL string
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// providerFlowStore remembers flows by the digests of their states.
type providerFlowStore interface {
	// CreateProviderFlow adds a flow. ErrFlowUsed if there is one with this digest.
	CreateProviderFlow(ctx context.Context, f *ProviderFlow) error
	// TakeProviderFlow removes and returns the flow: of two who take it at once, one gets ErrNotFound.
	TakeProviderFlow(ctx context.Context, digest []byte) (*ProviderFlow, error)
}

// ErrFlowUsed is returned by a Store for a flow that is there already.
var ErrFlowUsed = errors.New("used before")

// ExpiredProviderFlows are ways to a provider on which nobody came back.
var ExpiredProviderFlows = newExpired("provider flows", cleanupTask{order: 147})

// Limits of this feature. Each end of a flow has its own: with one for both, every sign-in would count twice.
var (
	// limitProviderFlow bounds rows, and limitProviderCallback guesses at states and requests to providers.
	limitProviderFlow     = newLimit("provider_flow", "Sign-ins with a provider that begin.", perAddress(30, time.Minute))
	limitProviderCallback = newLimit("provider_callback", "Browsers that come back from a provider.", perAddress(30, time.Minute))
)

// LimitLoginWithProvider bounds what one client can try.
var LimitLoginWithProvider = newLimit("login_with_provider", "Sign-ins with a provider, right or wrong.", perAddress(20, time.Minute))

// Problems with providers.
var (
	errProviderUnknown = Problems{problem(ProviderUnknown, "provider", "There is no such provider here: see authConfig.providers.")}
	errProviderFailed  = Problems{problem(ProviderFailed, "", "The provider did not say who you are, or its answer cannot be trusted. Try again, or sign in another way.")}
	errBadChallenge    = &Error{Kind: BadInput, Message: "`challenge` has to be the SHA-256 of a verifier that you keep, in base64url without padding (RFC 7636, S256)."}
)

// BeginProviderLoginInput is where somebody wants to sign in, and where to go afterwards.
type BeginProviderLoginInput struct {
	Provider    string
	RedirectURL string // one of the allowed pages
	Challenge   string // base64url of the SHA-256 of a verifier that the client keeps
	// OwnPage is the page of this server that gets the code, relative to its public URL, in place of RedirectURL. No
	// client chooses it. Empty: RedirectURL.
	OwnPage string
}

// BeginProviderLogin begins a way to a provider and back, and returns the address to open in the browser. Problems:
// PROVIDER_UNKNOWN, REQUIRED and REDIRECT_URL_NOT_ALLOWED for the page, PROVIDER_FAILED if it cannot be reached. Errors: kind BadInput for a
// challenge that is none, RateLimited.
func (s *Service) BeginProviderLogin(ctx context.Context, in BeginProviderLoginInput) (string, error) {
	if err := s.limit(ctx, limitProviderFlow, "", ""); err != nil {
		return "", fmt.Errorf("begin provider login: %w", err)
	}
	challenge, err := base64.RawURLEncoding.Strict().DecodeString(in.Challenge)
	if err != nil || len(challenge) != len(secret.Digest("")) {
		return "", fmt.Errorf("begin provider login: %w", errBadChallenge)
	}
	redirect := in.OwnPage
	if redirect == "" {
		var problems Problems
		if redirect, problems = s.checkProviderRedirect(in.RedirectURL); len(problems) > 0 {
			return "", problems
		}
	}
	flow := provider.Flow{State: newFlowSecret(), Nonce: newFlowSecret(), Verifier: newFlowSecret()}
	address, err := s.config.Providers.AuthorizationURL(ctx, in.Provider, flow)
	if err != nil {
		return "", s.providerProblem(ctx, err)
	}
	err = s.do(ctx, "begin provider login", func(tx *tx) error {
		return tx.Providers().CreateProviderFlow(ctx, &ProviderFlow{
			Digest: secret.Digest(flow.State), Provider: in.Provider, Challenge: challenge, RedirectURL: redirect,
			Sealed:    flow.State.Seal(flowPurpose, flow.Nonce+" "+flow.Verifier),
			CreatedAt: tx.at, ExpiresAt: tx.at.Add(flowLifetime),
		})
	})
	return address, err
}

func newFlowSecret() secret.Text { return secret.NewToken(secret.ProviderToken) }

// checkProviderRedirect returns where the browser goes with a code, or what is wrong with that.
func (s *Service) checkProviderRedirect(given string) (string, Problems) {
	if given == "" {
		return "", Problems{problem(Required, "redirectUrl", "Name the page that gets the code.")}
	}
	return s.checkRedirect(given)
}

// providerProblem tells the Observer why a provider failed, and returns what the user is told.
func (s *Service) providerProblem(ctx context.Context, err error) error {
	if errors.Is(err, provider.ErrUnknown) {
		return errProviderUnknown
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failure, ok := errors.AsType[*provider.Failure](err); ok && s.config.ProviderFailed != nil {
		s.config.ProviderFailed(ctx, failure)
	}
	return errProviderFailed
}

// ProviderCallback is what a provider sent the browser back with.
type ProviderCallback struct {
	Provider string // from the address of the callback
	State    secret.Text
	provider.Answer
}

// Parameters that the callback adds to the page of the client.
const (
	ParameterCode  = "code"
	ParameterError = "error"
)

// ProviderReturn is where a browser goes that comes back from a provider, and the one parameter that it brings.
type ProviderReturn struct {
	RedirectURL string // relative to the public URL if it is a page of this server
	Parameter   string
	Value       secret.Text
}

// FinishProviderFlow takes the answer of a provider and returns where to send the browser: to the page of the client,
// with a code that works for a minute and only for whoever has the verifier, or with the code of an error. It returns a
// Problem TOKEN_INVALID, and the browser goes nowhere, if the state is unknown, used, expired or of another provider.
// Errors: kind RateLimited.
func (s *Service) FinishProviderFlow(ctx context.Context, in ProviderCallback) (*ProviderReturn, error) {
	if err := s.limit(ctx, limitProviderCallback, "", ""); err != nil {
		return nil, fmt.Errorf("finish provider flow: %w", err)
	}
	flow, secrets, err := s.takeFlow(ctx, in)
	if err != nil {
		return nil, err
	}
	identity, err := s.config.Providers.Identify(ctx, flow.Provider, in.Answer, secrets)
	if errors.Is(err, provider.ErrDenied) {
		return &ProviderReturn{flow.RedirectURL, ParameterError, "ACCESS_DENIED"}, nil
	}
	if err != nil {
		if _, ok := errors.AsType[Problems](s.noteProviderRefusal(ctx, s.providerProblem(ctx, err))); !ok {
			return nil, fmt.Errorf("finish provider flow: %w", err)
		}
		return &ProviderReturn{flow.RedirectURL, ParameterError, secret.Text(ProviderFailed)}, nil
	}
	code, lifetime := secret.NewToken(secret.ProviderCode), providerCodeLifetime
	if !strings.Contains(flow.RedirectURL, "://") { // as all pages of others have it
		lifetime = ownCodeLifetime
	}
	err = s.do(ctx, "finish provider flow", func(tx *tx) error {
		return tx.Providers().CreatePendingIdentity(ctx, &PendingIdentity{
			Digest: secret.Digest(code), Identity: *identity, Challenge: flow.Challenge,
			CreatedAt: tx.at, ExpiresAt: tx.at.Add(lifetime),
		})
	})
	if err != nil {
		return nil, err
	}
	return &ProviderReturn{flow.RedirectURL, ParameterCode, code}, nil
}

// takeFlow uses a flow up, and returns what binds its answer.
func (s *Service) takeFlow(ctx context.Context, in ProviderCallback) (*ProviderFlow, provider.Flow, error) {
	if secret.CheckToken(secret.ProviderToken, in.State) != nil {
		return nil, provider.Flow{}, errFlowInvalid
	}
	var flow *ProviderFlow
	err := s.do(ctx, "take a provider flow", func(tx *tx) error {
		var err error
		flow, err = tx.Providers().TakeProviderFlow(ctx, secret.Digest(in.State))
		if errors.Is(err, ErrNotFound) {
			return errFlowInvalid
		}
		return err
	})
	if err != nil {
		return nil, provider.Flow{}, err
	}
	if flow.Provider != in.Provider || !s.now().Before(flow.ExpiresAt) {
		return nil, provider.Flow{}, errFlowInvalid
	}
	opened, err := in.State.Open(flowPurpose, flow.Sealed)
	if err != nil {
		return nil, provider.Flow{}, errFlowInvalid
	}
	nonce, verifier, _ := strings.Cut(opened.Reveal(), " ")
	return flow, provider.Flow{State: in.State, Nonce: secret.Text(nonce), Verifier: secret.Text(verifier)}, nil
}

// errFlowInvalid is the one answer for a state that leads nowhere.
var errFlowInvalid = Problems{problem(InvalidToken, "state", "This sign-in took too long, was completed already, or was begun elsewhere. Begin again.")}

// noteProviderRefusal writes down that a sign-in with a provider was refused, and returns why.
func (s *Service) noteProviderRefusal(ctx context.Context, why error) error {
	var problems Problems
	if !errors.As(why, &problems) || problems[0].Code == ProviderUnknown || problems[0].Code == InvalidToken {
		return why
	}
	err := s.do(ctx, "note the refusal of a sign-in with a provider", func(tx *tx) error {
		return tx.auditRefusal(ctx, actLoggedInByProvider, problems, noUser, noSession)
	})
	if err != nil {
		return err
	}
	return why
}
