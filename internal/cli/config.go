package cli

import (
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// configCommand prints the settings.
type configCommand struct{}

// Run prints every setting in force and, as its error, what is wrong with them.
func (configCommand) Run(env *app.Env, settings *config.Settings) error {
	if err := settings.Print(env.Stdout, env.Getenv); err != nil {
		return err
	}
	for _, warning := range config.Unknown(env.Environ) {
		_, _ = fmt.Fprintln(env.Stderr, warning)
	}
	_, err := settings.Resolve()
	return err
}
