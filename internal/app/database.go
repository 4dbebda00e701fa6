package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// SQLitePath is where the database is when no other is named.
func SQLitePath(cfg *config.Config) string { return filepath.Join(cfg.DataDir, "latchkey.db") }

// OpenDatabase opens the database that the settings name, as it is.
func OpenDatabase(ctx context.Context, cfg *config.Config) (*store.DB, error) {
	url := cfg.DatabaseURL.Reveal()
	if url == "" {
		url = "sqlite:" + SQLitePath(cfg)
	}
	return store.Open(ctx, url)
}

// DescribeDatabase says in words which database the settings name.
func DescribeDatabase(cfg *config.Config) string {
	if cfg.DatabaseURL != "" {
		return "PostgreSQL"
	}
	return "SQLite, " + SQLitePath(cfg)
}

// openUpToDate opens the database and brings it up to date, or checks that it is.
func openUpToDate(ctx context.Context, cfg *config.Config, logger *slog.Logger) (*store.DB, error) {
	db, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := bringUpToDate(ctx, cfg, db, logger); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func bringUpToDate(ctx context.Context, cfg *config.Config, db *store.DB, logger *slog.Logger) error {
	if !cfg.Migrate {
		pending, err := db.Pending(ctx)
		if err != nil {
			return err
		}
		if len(pending) > 0 {
			return fmt.Errorf("the database lacks %d migrations, and LATCHKEY_MIGRATE=false leaves them to you: run `latchkey migrate`", len(pending))
		}
		return nil
	}
	applied, err := db.Migrate(ctx, nil)
	if err != nil {
		return err
	}
	for _, name := range applied {
		logger.Info("migrated", "migration", name)
	}
	return nil
}
