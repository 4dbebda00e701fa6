package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
	"github.com/latchkey-auth/latchkey/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) auth.Store { return opened(t, dbtest.SQLite(t)) })
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) auth.Store { return opened(t, dbtest.Postgres(t)) })
}

func TestTheSuiteRemovesEachKindThatExpires(t *testing.T) {
	if diff := cmp.Diff(store.DiscardedKinds(), storetest.Heaps()); diff != "" {
		t.Errorf("the kinds that Discard removes and those of which the suite makes rows (-removed +made):\n%s", diff)
	}
}

func TestPostgresOutage(t *testing.T) {
	storetest.RunOutage(t, func(t *testing.T) (auth.Store, func(), func()) {
		// The other database is where one can still be while this one lets nobody in.
		target, admin := dbtest.Postgres(t), opened(t, pgtest.URL(t))
		db := opened(t, target)
		var name string
		if err := db.Bun().NewRaw("SELECT current_database()").Scan(t.Context(), &name); err != nil {
			t.Fatalf("name the database: %v", err)
		}
		run := func(statements ...string) {
			for _, statement := range statements {
				if _, err := admin.Bun().NewRaw(statement, bun.Ident(name), name).Exec(t.Context()); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
		cut := func() {
			run("ALTER DATABASE ?0 ALLOW_CONNECTIONS false",
				"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = ?1")
		}
		return db, cut, func() { run("ALTER DATABASE ?0 ALLOW_CONNECTIONS true") }
	})
}

// sqliteURL returns the URL of a file that does not exist yet.
func sqliteURL(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "latchkey.db")
}

// opened returns the database of the URL, which is closed when the test ends.
func opened(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// migrated returns the database of the URL with all tables.
func migrated(t *testing.T, url string) *store.DB {
	t.Helper()
	db := opened(t, url)
	if _, err := db.Migrate(context.Background(), nil); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}
