package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// gcCommand removes what has expired.
type gcCommand struct{}

// Run removes it and prints what went, also of a clean-up that failed in part.
func (gcCommand) Run(ctx context.Context, w *world, settings *config.Settings) error {
	return withService(ctx, w, settings, func(s *auth.Service) error {
		shown := progress{face: newFace(w.stderr, w.getenv)}
		swept, failure := s.CleanUpTelling(ctx, func(what auth.Waste, gone int) {
			shown.say(fmt.Sprintf("Removing %s: %d so far", what, gone))
		})
		shown.end()
		for _, line := range swept {
			if line.Rows == 0 {
				continue
			}
			if _, err := fmt.Fprintf(w.stdout, "removed %s: %d\n", line.What, line.Rows); err != nil {
				return errors.Join(failure, err)
			}
		}
		if failure == nil && swept.Total() == 0 {
			_, failure = fmt.Fprintln(w.stdout, "There was nothing to remove.")
		}
		return failure
	})
}
