package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// backupCommand copies a SQLite database.
type backupCommand struct {
	File string `arg:"" help:"Where to; there must be no such file."`
}

// Run copies the database while servers use it, and tells what the copy lacks.
func (c backupCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL != "" {
		return errors.New("the database is PostgreSQL, which has a program for this: pg_dump --format=custom --file=FILE, with the URL in DATABASE_URL.\nKeep LATCHKEY_SECRET_KEY as well, in another place: no backup holds it")
	}
	path := app.SQLitePath(cfg)
	if _, err := os.Stat(path); err != nil { // opening would make it
		return fmt.Errorf("there is no database to copy: %w\nSay where it is with --data-dir or LATCHKEY_DATA_DIR", err)
	}
	db, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()

	size, err := db.Backup(ctx, c.File)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and is not overwritten: choose another name", c.File)
	}
	if err != nil {
		return err
	}
	key := "LATCHKEY_SECRET_KEY, where you set it"
	if cfg.SecretKey == "" {
		key = cfg.KeyFile()
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: %d bytes, opened and checked.\nIt holds addresses and password hashes: keep it as safe as the database.\nIt does not hold the secret key, which a restored server needs. Keep that as well, in another place: %s.\n", c.File, size, key)
	return err
}
