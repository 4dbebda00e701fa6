package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Service is what the GraphQL side needs of the domain. *auth.Service implements it. A part of the
// schema with a file of its own, graph/<part>.graphqls, declares its interface in graph/<part>.go and
// adds it here and to Resolver.
type Service interface {
	authenticator
	registration
	logins
	sessionService
	passwords
	accounts
	secondFactors
	passkeys
	providers
	directory
	administration
	invitations
	ownData
	events
	impersonation
}

// Resolver is the root of the resolvers. Each of them translates and decides nothing: arguments in,
// one call, result or problems out.
type Resolver struct {
	registration registration
	logins       logins
	sessions     sessionService
	passwords    passwords
	accounts     accounts
	factors      secondFactors
	passkeys     passkeys
	providers    providers
	directory    directory
	admin        administration
	invitations  invitations
	ownData      ownData
	events       events
	acting       impersonation
}

func newResolver(service Service) *Resolver {
	return &Resolver{registration: service, logins: service, sessions: service, passwords: service, accounts: service, factors: service, passkeys: service, providers: service, directory: service, admin: service, invitations: service, ownData: service, events: service, acting: service}
}

// authenticator finds the caller of a field. The directive @auth uses it.
type authenticator interface {
	Authenticate(ctx context.Context, token secret.Text) (*auth.Caller, error)
	AuthenticateBasic(ctx context.Context, in auth.LoginInput) (*auth.Caller, error)
	AuthorizeRead(ctx context.Context, token secret.Text, need auth.Requirement) (*auth.Caller, error)
	AuthorizeWatch(ctx context.Context, token secret.Text, need auth.Requirement) (*auth.Caller, error)
	AuthenticateChallenge(ctx context.Context, token secret.Text) (*auth.Pending, error)
	Authorize(caller *auth.Caller, need auth.Requirement) error
}

// registration makes accounts and confirms their addresses.
type registration interface {
	Config() auth.Config
	Register(ctx context.Context, in auth.RegisterInput) (*auth.Registration, error)
	ConfirmEmailInSession(ctx context.Context, token, session secret.Text) (*auth.User, error)
	ResendConfirmationEmail(ctx context.Context, email, redirectURL string) error
}

// logins prove who a user is.
type logins interface {
	Login(ctx context.Context, in auth.LoginInput) (*auth.Grant, error)
	RequestLoginCode(ctx context.Context, email string) (uuid.UUID, error)
	LoginWithCode(ctx context.Context, in auth.LoginWithCodeInput) (*auth.Grant, error)
	RequestReauthenticationCode(ctx context.Context, caller *auth.Caller) (uuid.UUID, error)
	Reauthenticate(ctx context.Context, caller *auth.Caller, in auth.ReauthenticateInput) (*auth.Session, error)
}

// sessionService lists, renews and ends sessions.
type sessionService interface {
	Sessions(ctx context.Context, caller *auth.Caller) ([]*auth.Session, error)
	RefreshSession(ctx context.Context, in auth.RefreshInput) (*auth.Grant, error)
	Logout(ctx context.Context, token secret.Text) error
	LogoutAll(ctx context.Context, caller *auth.Caller, keepCurrent bool) (ended int, err error)
	RevokeSession(ctx context.Context, caller *auth.Caller, id uuid.UUID) (*auth.Session, error)
	WatchSession(ctx context.Context, caller *auth.Caller) (<-chan *auth.SessionEnd, error)
}

// passwords check, reset and change passwords.
type passwords interface {
	CheckPassword(ctx context.Context, in auth.CheckPasswordInput) error
	RequestPasswordReset(ctx context.Context, email, redirectURL string) error
	ResetPassword(ctx context.Context, token, newPassword secret.Text) (*auth.User, error)
	ChangePassword(ctx context.Context, caller *auth.Caller, in auth.ChangePasswordInput) (*auth.PasswordChange, error)
}

// accounts change what a user has and is called, and delete it.
type accounts interface {
	UpdateProfile(ctx context.Context, caller *auth.Caller, in auth.UpdateProfileInput) (*auth.User, error)
	ChangeUsername(ctx context.Context, caller *auth.Caller, username string) (*auth.User, error)
	RequestEmailChange(ctx context.Context, caller *auth.Caller, newEmail, redirectURL string) error
	ConfirmEmailChange(ctx context.Context, caller *auth.Caller, token secret.Text) (*auth.User, error)
	UndoEmailChange(ctx context.Context, token secret.Text) (*auth.User, error)
	DeleteAccount(ctx context.Context, caller *auth.Caller, confirmEmail string) error
}
