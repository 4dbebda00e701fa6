package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
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

// Unprepare has bun write all statements.
func (db *DB) Unprepare() { db.prepared.off.Store(true) }

// PreparedTexts are those of the statements that can be prepared on the database, by table and number.
func (db *DB) PreparedTexts() map[string]string {
	texts := map[string]string{}
	for i, s := range hotStatements {
		if s.only == "" || s.only == db.kind {
			texts[fmt.Sprint(s.verb, " ", s.table, " ", i)] = s.toPrepare(db.kind)
		}
	}
	return texts
}

// Missing returns the texts of those with one of the verbs that are not prepared yet.
func (db *DB) Missing(verbs ...string) (texts []string) {
	for _, s := range hotStatements {
		if slices.Contains(verbs, s.verb) && (s.only == "" || s.only == db.kind) && db.prepared.writes.find(s) == nil {
			texts = append(texts, s.text)
		}
	}
	return texts
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

// EnableSessionCacheDeaf is EnableSessionCache that hears nothing of what others do, and is certain of everything.
func (db *DB) EnableSessionCacheDeaf(bytes int64) {
	db.touches = newTouches(db.writeTouches)
	db.cache = newSessionCache(bytes, db.watch)
	db.cache.invalidator = certain{}
}

type certain struct{}

func (certain) current(context.Context) bool { return true }
func (certain) close()                       {}

// FindCached is RecentSessionByID with another way to ask.
func (db *DB) FindCached(id uuid.UUID, ask func() (*auth.Session, *auth.User, error)) (*auth.Session, *auth.User, error) {
	return db.cache.find(context.Background(), idKey(id), ask)
}

// WaitsToWrite is how often somebody has waited for a connection that writes, or is waiting.
func (db *DB) WaitsToWrite() int64 { return db.pools[0].Stats().WaitCount }

// Idle reports whether no use of a session is being written down.
func (db *DB) Idle() bool {
	if !db.touches.turn.TryLock() {
		return false
	}
	db.touches.turn.Unlock()
	return true
}

// CachedBytes is how much is kept.
func (db *DB) CachedBytes() int { return int(db.cache.entries.WeightedSize()) }

// WriteTouches writes down what waits to be.
func (db *DB) WriteTouches(ctx context.Context) error { return db.touches.flush(ctx) }

// ExpiringTables are the tables from which Discard removes rows.
func ExpiringTables() []string {
	var tables []string
	for _, e := range expiries {
		tables = append(tables, string(e.table))
	}
	return tables
}

// DiscardedKinds returns the kinds that Discard removes, in alphabetical order.
func DiscardedKinds() []auth.ExpiredKind { return slices.Sorted(maps.Keys(expiries)) }

// MetersAtOnce is how many meters one statement takes.
const MetersAtOnce = metersAtOnce

// LookForChangesEvery has who watches look in another rhythm.
func (db *DB) LookForChangesEvery(d time.Duration) { db.watch.looks = d }

// Watching returns how many watch, and -1 if they have gone and it is still looked for changes.
func (db *DB) Watching() int {
	db.watch.mu.Lock()
	defer db.watch.mu.Unlock()
	n := 0
	for _, channels := range db.watch.waiting {
		n += len(channels)
	}
	if n == 0 && db.watch.stop != nil {
		return -1
	}
	return n
}
