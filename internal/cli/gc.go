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
		status := progress{terminal: newTerminal(env.Stderr, env.Getenv)}
		report, failure := s.CleanUp(ctx, func(kind auth.ExpiredKind, removed int) {
			status.show(fmt.Sprintf("Removing %s: %d so far", kind, removed))
		})
		status.clear()
		for _, line := range report {
			if line.Rows == 0 {
				continue
			}
			if _, err := fmt.Fprintf(env.Stdout, "removed %s: %d\n", line.Kind, line.Rows); err != nil {
				return errors.Join(failure, err)
			}
		}
		if failure == nil && report.Total() == 0 {
			_, failure = fmt.Fprintln(env.Stdout, "There was nothing to remove.")
		}
		return failure
	})
}
