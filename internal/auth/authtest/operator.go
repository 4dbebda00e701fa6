package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// In a World, an operator does without a reason what the Service asks an actor for: few tests are about who
// acts. Those that are call the Service.

// AsOperator returns an operator with the reason, which has to be a good one.
func AsOperator(reason string) auth.Actor {
	operator, err := auth.Operator(reason)
	if err != nil {
		panic(err)
	}
	return operator
}

// CreateAccount is Service.CreateAccount by an operator.
func (w *World) CreateAccount(ctx context.Context, in auth.NewAccount) (*auth.User, error) {
	return w.Service.CreateAccount(ctx, AsOperator(""), in)
}

// DropMail is Service.DropMail by an operator.
func (w *World) DropMail(ctx context.Context, id uuid.UUID) (int, error) {
	return w.Service.DropMail(ctx, AsOperator(""), id)
}

// SetRole is Service.SetRole by an operator.
func (w *World) SetRole(ctx context.Context, address string, role auth.Role) (*auth.User, error) {
	return w.Service.SetRole(ctx, AsOperator(""), address, role)
}

// SetPassword is Service.SetPassword by an operator.
func (w *World) SetPassword(ctx context.Context, address string, password secret.Text) (*auth.User, error) {
	return w.Service.SetPassword(ctx, AsOperator(""), address, password)
}

// SetProfile is Service.SetProfile by an operator.
func (w *World) SetProfile(ctx context.Context, address string, patch map[string]any) (*auth.User, error) {
	if patch == nil {
		patch = map[string]any{}
	}
	return w.Service.SetProfile(ctx, AsOperator(""), address, auth.UpdateProfileInput{Profile: &patch})
}

// DisableAccount is Service.DisableAccount by an operator.
func (w *World) DisableAccount(ctx context.Context, address string) (*auth.User, error) {
	return w.Service.DisableAccount(ctx, AsOperator(""), address)
}

// EnableAccount is Service.EnableAccount by an operator.
func (w *World) EnableAccount(ctx context.Context, address string) (*auth.User, error) {
	return w.Service.EnableAccount(ctx, AsOperator(""), address)
}

// ConfirmAccount is Service.ConfirmAccount by an operator.
func (w *World) ConfirmAccount(ctx context.Context, address string) (*auth.User, error) {
	return w.Service.ConfirmAccount(ctx, AsOperator(""), address)
}

// CreateAPIClient is Service.CreateAPIClient by an operator.
func (w *World) CreateAPIClient(ctx context.Context, name string) (*auth.APIClient, secret.Text, error) {
	return w.Service.CreateAPIClient(ctx, AsOperator(""), name)
}

// DeleteAPIClient is Service.DeleteAPIClient by an operator.
func (w *World) DeleteAPIClient(ctx context.Context, nameOrID string) (*auth.APIClient, error) {
	return w.Service.DeleteAPIClient(ctx, AsOperator(""), nameOrID)
}

// RotateKeys is Service.RotateKeys by an operator.
func (w *World) RotateKeys(ctx context.Context) (time.Time, error) {
	return w.Service.RotateKeys(ctx, AsOperator(""))
}

// VoidKeys is Service.VoidKeys by an operator.
func (w *World) VoidKeys(ctx context.Context, secretKeyLost bool) error {
	return w.Service.VoidKeys(ctx, AsOperator(""), secretKeyLost)
}
