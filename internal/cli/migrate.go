package cli

import (
	"context"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// migrateCommand brings the database up to date.
type migrateCommand struct{}

// Run applies the migrations that the database lacks, all or none of them.
func (migrateCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
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
	return nil
}
