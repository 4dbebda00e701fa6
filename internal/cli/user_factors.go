package cli

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

type userRemoveFactors struct {
	Email string `arg:"" help:"Address of the user."`
	why
}

func (c userRemoveFactors) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return c.amendUser(ctx, env, settings, "has no second factor any more, all sessions have ended", func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.RemoveFactors(ctx, operator, c.Email)
	})
}
