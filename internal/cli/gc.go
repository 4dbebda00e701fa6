package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// gcCommand removes what has expired.
type gcCommand struct{}

// Run removes it and prints what went, also of a clean-up that failed in part.
func (gcCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		shown := progress{face: newFace(env.Stderr, env.Getenv)}
		swept, failure := s.CleanUpTelling(ctx, func(what auth.Waste, gone int) {
			shown.say(fmt.Sprintf("Removing %s: %d so far", what, gone))
		})
		shown.end()
		for _, line := range swept {
			if line.Rows == 0 {
				continue
			}
			if _, err := fmt.Fprintf(env.Stdout, "removed %s: %d\n", line.What, line.Rows); err != nil {
				return errors.Join(failure, err)
			}
		}
		if failure == nil && swept.Total() == 0 {
			_, failure = fmt.Fprintln(env.Stdout, "There was nothing to remove.")
		}
		return failure
	})
}
