package cli

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// serveCommand runs the server.
type serveCommand struct{}

// Run serves until ctx ends, which is at SIGTERM or an interrupt.
func (serveCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	a, err := app.New(ctx, settings, *env)
	if err != nil {
		return err
	}
	defer a.Close(ctx)
	greet(newTerminal(env.Stdout, env.Getenv), a.Config(), a.Addr(), a.InboxURL(), env.Version())
	return a.Run(ctx)
}
