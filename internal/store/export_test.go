package store

import (
	"context"
	"io/fs"

	"github.com/uptrace/bun"
)

// What the tests need of the inside.

// MigrateFrom is Migrate with other files.
func (db *DB) MigrateFrom(ctx context.Context, files fs.FS) ([]string, error) {
	return db.migrate(ctx, files)
}

// PendingFrom is Pending with other files.
func (db *DB) PendingFrom(ctx context.Context, files fs.FS) ([]string, error) {
	return db.pending(ctx, files)
}

// Bun is the way to the tables.
func (db *DB) Bun() bun.IDB { return db.writes }

// Fail is the border that errors cross.
func (db *DB) Fail(ctx context.Context, err error) error { return db.fail(ctx, "test", err) }

// Retryable reports whether a transaction that ended with err is run again.
func Retryable(err error) bool { return isRetryable(err) }

// Place gives a backup its name.
func Place(from, to string, link func(from, to string) error) error { return place(from, to, link) }

// FlushFolder puts the names in a folder on the disk.
func FlushFolder(path string) error { return flushFolder(path) }

// ForKind leaves out what is for another kind of database.
func ForKind(kind, text string) (string, error) { return forKind(kind, text) }
