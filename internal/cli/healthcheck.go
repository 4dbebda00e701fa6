package cli

import (
	"context"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// healthcheckCommand is for images without a shell and without curl.
type healthcheckCommand struct{}

// Run asks the server on this machine whether it is ready, and fails if it is not.
func (healthcheckCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	// Faults in other settings are the server's to tell: it may run with others.
	addr, secure := settings.Listening()
	if err := httpd.AskReady(ctx, addr, secure); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, "ready")
	return err
}
