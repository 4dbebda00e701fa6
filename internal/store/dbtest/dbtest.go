// Package dbtest gives each test a migrated database of its own. The migrations run once in a process, and
// each test takes a copy, because migrating takes ten times as long. Only tests and benchmarks import it.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite"

	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// throwaway names the SQLite files of tests, which lose nothing of value in a power cut.
const throwaway = "throwaway.db"

func init() { sqlite.RegisterConnectionHook(skipFlushing) }

// skipFlushing keeps SQLite from waiting for the disk on the files of tests. The test server of PostgreSQL
// does not wait for it either.
func skipFlushing(conn sqlite.ExecQuerierContext, dsn string) error {
	if !strings.Contains(dsn, "/"+throwaway+"?") {
		return nil
	}
	_, err := conn.ExecContext(context.Background(), "PRAGMA synchronous = OFF", nil)
	return err
}

// SQLite returns the URL of a migrated SQLite file in a temporary folder. A benchmark gets one that is
// flushed to the disk as in production.
func SQLite(t testing.TB) string {
	t.Helper()
	migrated, err := template()
	if err != nil {
		t.Fatalf("migrate a SQLite file to copy: %v", err)
	}
	name := throwaway
	if _, measured := t.(*testing.B); measured {
		name = "flushed.db"
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, migrated, 0o600); err != nil {
		t.Fatalf("copy the migrated SQLite file: %v", err)
	}
	return "sqlite:" + path
}

// Postgres returns the URL of a migrated PostgreSQL database, which is dropped when the test ends. Without
// a server it does what pgtest.URL does.
func Postgres(t testing.TB) string {
	t.Helper()
	return pgtest.Copy(t, migrate)
}

// template returns the content of a migrated SQLite file.
var template = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "latchkey-dbtest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, throwaway)
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	// The last connection to close has moved everything from the write-ahead log into the file.
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the migrated file still has a write-ahead log: %w", err)
	}
	return os.ReadFile(path) //nolint:gosec // the path is ours
})

func migrate(url string) (err error) {
	ctx := context.Background()
	db, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.Migrate(ctx, nil)
	return err
}
