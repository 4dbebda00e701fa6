package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// withService runs fn on the service of the settings.
func withService(ctx context.Context, env *app.Env, settings *config.Settings, fn func(*auth.Service) error) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	return app.WithService(ctx, cfg, app.NewLogger(env.Stderr, cfg), func(s *auth.Service) error { return inWords(fn(s)) })
}

// inWords makes an error of the domain readable at a prompt.
func inWords(err error) error {
	var problems auth.Problems
	switch {
	case errors.As(err, &problems):
		messages := make([]string, len(problems))
		for i, problem := range problems {
			messages[i] = problem.Message
			if field, isField := profileField(problem); isField {
				messages[i] = field + ": " + problem.Message
			}
		}
		return errors.New(strings.Join(messages, "\n"))
	case errors.Is(err, auth.ErrNotFound):
		return errors.New("there is no user with this address: `latchkey user list` shows all")
	}
	return err
}
