package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// clientCommands are what an operator does to the keys of backends. A running server need not be
// stopped for any of it.
type clientCommands struct {
	Create clientCreate `cmd:"" help:"Make a key and print it, once: the key alone to standard output, what else there is to say to standard error."`
	List   clientList   `cmd:"" help:"List the backends that have a key, and when each was last used."`
	Delete clientDelete `cmd:"" help:"Take the key of a backend away, at once."`
}

type clientCreate struct {
	Name string `arg:"" help:"What to call the backend, such as shop."`
	why
}

// Run prints nothing but the key to standard output, on a terminal as in a pipe, so that
// KEY=$(latchkey client create shop) does what one sees.
func (c clientCreate) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		client, key, err := s.CreateAPIClient(ctx, operator, c.Name)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(env.Stderr, "%s: created, id %s. This is its key; it is shown this once, so keep it now:\n", client.Name, client.ID)
		_, err = fmt.Fprintln(env.Stdout, key.Reveal())
		return err
	})
}

type clientList struct{}

func (clientList) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		clients, err := s.APIClients(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		lines := [][]string{{"ID", "CREATED", "LAST USED", "NAME"}}
		for _, c := range clients {
			lines = append(lines, []string{c.ID.String(), day(c.CreatedAt), day(c.LastUsedAt), c.Name})
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(table, strings.Join(line, "\t")); err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

type clientDelete struct {
	Client string `arg:"" name:"name-or-id" help:"Name or id of the backend."`
	why
}

func (c clientDelete) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		client, err := s.DeleteAPIClient(ctx, operator, c.Client)
		if errors.Is(err, auth.ErrNotFound) {
			return errors.New("there is no client with this name or id: `latchkey client list` shows all")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: deleted, its key opens nothing any more\n", client.Name)
		return err
	})
}
