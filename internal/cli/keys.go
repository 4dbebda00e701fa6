package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// keysCommands are about the keys that sign access tokens where those are JWTs. A running server need
// not be stopped for any of it.
type keysCommands struct {
	List   keysList   `cmd:"" help:"List the keys and what each of them does."`
	Rotate keysRotate `cmd:"" help:"Make the next key. It is published now and signs in 15 minutes, when every verifier has read it. A running server does this every 90 days."`
}

type keysList struct{}

// Run prints a line for each key, the oldest first, and nothing that is secret.
func (keysList) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		keys, err := s.Keys(ctx)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			_, err := fmt.Fprintln(env.Stdout, "There are no signing keys: the server makes the first one when access tokens are JWTs (LATCHKEY_ACCESS_TOKEN=jwt).")
			return err
		}
		table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		row := func(columns ...string) error {
			_, err := fmt.Fprintln(table, strings.Join(columns, "\t"))
			return err
		}
		if err := row("NUMBER", "KEY ID", "ALGORITHM", "SIGNS FROM", "VERIFIES UNTIL", "STATE"); err != nil {
			return err
		}
		for _, k := range keys {
			state := string(k.State)
			if k.Unopened {
				state += "; sealed under another secret key"
			}
			if err := row(fmt.Sprint(k.Number), k.ID, string(k.Algorithm), minute(k.SignsFrom), minute(k.Until), state); err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

// minute is a time in UTC, and "-" for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

type keysRotate struct {
	Compromised   bool `help:"For a key that may have leaked: remove all keys at once and sign with a new one. Every access token ends; clients get the next by their refresh tokens."`
	SecretKeyLost bool `help:"With --compromised: also if the keys cannot be opened, because the LATCHKEY_SECRET_KEY that they were made with is lost."`
	why
}

// Run makes a key and says when it signs.
func (c keysRotate) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		if c.Compromised {
			if err := s.VoidKeys(ctx, operator, c.SecretKeyLost); err != nil {
				return err
			}
			_, err := fmt.Fprintln(env.Stdout, "All keys are removed, and a new one signs. Running servers notice within half a minute; restart services that keep keys for longer.")
			return err
		}
		from, err := s.RotateKeys(ctx, operator)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "The next key is published, and signs from %s UTC.\n", minute(from))
		return err
	})
}
