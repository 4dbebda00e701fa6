package graph

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// impersonation lets administrators act as users.
type impersonation interface {
	Impersonate(ctx context.Context, caller *auth.Caller, in auth.ImpersonateInput) (*auth.Grant, error)
}
