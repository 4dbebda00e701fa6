package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Service is what the resolvers ask of the domain. *auth.Service has it.
type Service interface {
	Config() auth.Config
	Authenticate(ctx context.Context, token secret.Text) (*auth.Caller, error)
	Recognize(ctx context.Context, token secret.Text, need auth.Requirement) (*auth.Caller, error)
	AuthenticateBasic(ctx context.Context, in auth.LoginInput) (*auth.Caller, error)
	Authorize(caller *auth.Caller, need auth.Requirement) error

	Register(ctx context.Context, in auth.RegisterInput) (*auth.Registration, error)
	ConfirmEmail(ctx context.Context, token secret.Text) (*auth.User, error)
	ResendConfirmationEmail(ctx context.Context, email, redirectURL string) error
	Login(ctx context.Context, in auth.LoginInput) (*auth.Grant, error)
	RequestLoginCode(ctx context.Context, email string) (uuid.UUID, error)
	LoginWithCode(ctx context.Context, in auth.LoginWithCodeInput) (*auth.Grant, error)
	RefreshSession(ctx context.Context, in auth.RefreshInput) (*auth.Grant, error)
	Logout(ctx context.Context, token secret.Text) error
	RequestPasswordReset(ctx context.Context, email, redirectURL string) error
	ResetPassword(ctx context.Context, token, newPassword secret.Text) (*auth.User, error)
	CheckPassword(ctx context.Context, in auth.CheckPasswordInput) error
	Sessions(ctx context.Context, caller *auth.Caller) ([]*auth.Session, error)
	RevokeSession(ctx context.Context, caller *auth.Caller, id uuid.UUID) (*auth.Session, error)
	LogoutAll(ctx context.Context, caller *auth.Caller, keepCurrent bool) (ended int, err error)
	ChangePassword(ctx context.Context, caller *auth.Caller, in auth.ChangePasswordInput) (*auth.PasswordChange, error)
	UpdateProfile(ctx context.Context, caller *auth.Caller, in auth.UpdateProfileInput) (*auth.User, error)
	ChangeUsername(ctx context.Context, caller *auth.Caller, username string) (*auth.User, error)
	RequestReauthenticationCode(ctx context.Context, caller *auth.Caller) (uuid.UUID, error)
	Reauthenticate(ctx context.Context, caller *auth.Caller, in auth.ReauthenticateInput) (*auth.Session, error)
	RequestEmailChange(ctx context.Context, caller *auth.Caller, newEmail, redirectURL string) error
	ConfirmEmailChange(ctx context.Context, caller *auth.Caller, token secret.Text) (*auth.User, error)
	UndoEmailChange(ctx context.Context, token secret.Text) (*auth.User, error)
	DeleteAccount(ctx context.Context, caller *auth.Caller, confirmEmail string) error
}

// Resolver is the root of the resolvers. Each of them translates and decides nothing: arguments in,
// one call, result or problems out.
type Resolver struct {
	auth Service
}
