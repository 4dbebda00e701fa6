package cli

import (
	"context"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// migrateCommand brings the database up to date.
type migrateCommand struct {
	EmailKeys bool `help:"Also renew the keys of addresses that an earlier release made, once no replica of it runs any more."`
}

// Run applies the migrations that the database lacks, all or none of them.
func (c migrateCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	db, err := app.OpenDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()

	line := progress{terminal: newTerminal(env.Stderr, env.Getenv)}
	applied, err := db.Migrate(ctx, func(name string, number, of int) {
		line.show(fmt.Sprintf("Migrating: %d of %d, %s", number, of, name))
	})
	line.clear()
	if err != nil {
		return err
	}
	for _, name := range applied {
		_, _ = fmt.Fprintf(env.Stdout, "applied %s\n", name)
	}
	if len(applied) == 0 {
		_, _ = fmt.Fprintln(env.Stdout, "The database is up to date.")
	}
	return c.tellEmailKeys(ctx, env, db)
}

// tellEmailKeys renews the keys of addresses that an earlier release made, if it is told to, and says which there were.
func (c migrateCommand) tellEmailKeys(ctx context.Context, env *app.Env, db *store.DB) error {
	find := db.FormerEmailKeys
	if c.EmailKeys {
		find = db.RenewEmailKeys
	}
	found, err := find(ctx)
	for _, former := range found {
		said := "has the key of an earlier release; latchkey migrate --email-keys renews it"
		switch {
		case former.Taken:
			said = "keeps the key of an earlier release: another account has " + former.Next + ", which is the same now"
		case c.EmailKeys && err == nil:
			said = "has a new key"
		}
		_, _ = fmt.Fprintf(env.Stdout, "%s (%s) %s\n", former.Email, former.UserID, said)
	}
	return err
}
