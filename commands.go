package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// migrateCommand brings the database up to date.
type migrateCommand struct{}

// Run applies the migrations that the database lacks, all or none of them.
func (migrateCommand) Run(ctx context.Context, w *world, settings *config.Settings) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()

	shown := progress{face: newFace(w.stderr, w.getenv)}
	applied, err := db.MigrateTelling(ctx, func(name string, number, of int) {
		shown.say(fmt.Sprintf("Migrating: %d of %d, %s", number, of, name))
	})
	shown.end()
	if err != nil {
		return err
	}
	for _, name := range applied {
		_, _ = fmt.Fprintf(w.stdout, "applied %s\n", name)
	}
	if len(applied) == 0 {
		_, _ = fmt.Fprintln(w.stdout, "The database is up to date.")
	}
	return nil
}

// configCommand prints the settings.
type configCommand struct{}

// Run prints every setting in force and, as its error, what is wrong with them.
func (configCommand) Run(w *world, settings *config.Settings) error {
	if err := settings.Print(w.stdout, w.getenv); err != nil {
		return err
	}
	for _, warning := range config.Unknown(w.environ) {
		_, _ = fmt.Fprintln(w.stderr, warning)
	}
	_, err := settings.Resolve()
	return err
}

// versionCommand prints the version.
type versionCommand struct{}

// Run prints the version of the program and of what it was built with.
func (versionCommand) Run(w *world) error {
	_, err := fmt.Fprintf(w.stdout, "latchkey %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
