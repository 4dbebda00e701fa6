package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"

	"github.com/uptrace/bun"
)

// What the tests need of the inside.

// MigrateFrom is Migrate with other files.
func (db *DB) MigrateFrom(ctx context.Context, files fs.FS) ([]string, error) {
	return db.migrate(ctx, files, func(string, int, int) {})
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

// Unprepared reports whether prepared statements are given up.
func (db *DB) Unprepared() bool { return db.prepared.off.Load() }

// PreparedTexts are those of the statements that are prepared.
func (db *DB) PreparedTexts() []string {
	return []string{db.prepared.byDigest.text, db.prepared.byID.text}
}

// PreparedName is what pgx calls a prepared statement of a text.
func PreparedName(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "stmt_" + hex.EncodeToString(digest[:24])
}

// Texts calls fn with the text of each statement that bun sends.
func (db *DB) Texts(fn func(text string)) {
	for i, pool := range db.pools {
		db.pools[i] = pool.WithQueryHook(textHook(fn))
	}
	writer, reader := db.pools[0], db.pools[len(db.pools)-1]
	db.pool, db.writes, db.reads = writer, writer, reader
}

type textHook func(text string)

func (textHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h textHook) AfterQuery(_ context.Context, e *bun.QueryEvent) { h(e.Query) }
