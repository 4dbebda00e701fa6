package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// openStore opens the database that the settings name and brings it up to date, or checks that it is.
func openStore(ctx context.Context, cfg *config.Config, logger *slog.Logger) (*store.DB, error) {
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := bringUpToDate(ctx, cfg, db, logger); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openDatabase(ctx context.Context, cfg *config.Config) (*store.DB, error) {
	url := cfg.DatabaseURL.Reveal()
	if url == "" {
		url = "sqlite:" + sqlitePath(cfg)
	}
	return store.Open(ctx, url)
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
	applied, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	for _, name := range applied {
		logger.Info("migrated", "migration", name)
	}
	return nil
}
