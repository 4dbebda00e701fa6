package cli

import (
	"bufio"
	"context"
	"errors"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/importer"
)

type userExport struct {
	WithHashes bool `help:"Write what opens accounts, too: the hashes of passwords, and the secrets of authenticator apps. Keep the file as you keep the database."`
	why
}

// Run writes every user as a line of JSON, which `latchkey user import` reads.
func (c userExport) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		buffered := bufio.NewWriter(env.Stdout)
		writer := importer.NewWriter(buffered, s.Config().RelyingPartyID())
		err := s.EachExported(ctx, operator, c.WithHashes, writer.Write)
		return errors.Join(err, buffered.Flush())
	})
}
