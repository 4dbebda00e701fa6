package store_test

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
	"github.com/latchkey-auth/latchkey/migrations"
)

// onEach runs a test on both kinds of databases; url returns the URL of an empty one.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, sqliteURL(t)) })
	t.Run("Postgres", func(t *testing.T) { test(t, pgtest.URL(t)) })
}

// known are the names of all migrations.
func known(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no migrations (error: %v)", err)
	}
	return names
}

func TestMigrate(t *testing.T) {
	t.Run("what is pending is applied in order, and then nothing is pending", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			db := opened(t, url)
			for _, wanted := range [][]string{known(t), nil} {
				pending, err := db.Pending(t.Context())
				if err != nil || !slices.Equal(pending, wanted) {
					t.Errorf("pending are %v (error: %v), want %v", pending, err, wanted)
				}
				applied, err := db.Migrate(t.Context(), nil)
				if err != nil || !slices.Equal(applied, wanted) {
					t.Errorf("%v were applied (error: %v), want %v", applied, err, wanted)
				}
			}
		})
	})

	t.Run("of many who start at once one applies, and all succeed", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			const replicas = 8
			applied, errs := make([][]string, replicas), make([]error, replicas)
			var group sync.WaitGroup
			for i := range replicas {
				group.Go(func() {
					db, err := store.Open(t.Context(), url)
					if err != nil {
						errs[i] = err
						return
					}
					applied[i], errs[i] = db.Migrate(t.Context(), nil)
					if err := db.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
			}
			group.Wait()
			for _, err := range errs {
				if err != nil {
					t.Errorf("unexpected error: %v", err)
				}
			}
			if all := slices.Concat(applied...); !slices.Equal(all, known(t)) {
				t.Errorf("together they applied %v", all)
			}
		})
	})

	t.Run("one that fails leaves nothing, and says which and why", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			db := opened(t, url)
			files := fstest.MapFS{
				"0001_good.sql": {Data: []byte("CREATE TABLE good (id UUID); CREATE INDEX good_id ON good (id);")},
				"0002_bad.sql":  {Data: []byte("CREATE TABLE bad (id UUID); INSERT INTO nowhere VALUES (1);")},
			}
			applied, err := db.MigrateFrom(t.Context(), files)
			if err == nil || applied != nil || !strings.Contains(err.Error(), "0002_bad.sql") || !strings.Contains(err.Error(), "nowhere") {
				t.Errorf("got error %v and applied %v", err, applied)
			}
			if tables := columnsOf(t, db); len(tables) != 0 {
				t.Errorf("it left %v", tables)
			}

			files["0002_bad.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE bad (id UUID);")}
			if applied, err = db.MigrateFrom(t.Context(), files); err != nil || len(applied) != 2 {
				t.Errorf("mended, it applied %v (error: %v)", applied, err)
			}
		})
	})

	t.Run("a newer release having been here is fine", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			db := opened(t, url)
			newer := fstest.MapFS{"9999_newer.sql": {Data: []byte("CREATE TABLE newer (id UUID);")}}
			if _, err := db.MigrateFrom(t.Context(), newer); err != nil {
				t.Fatalf("migrate: %v", err)
			}
			if applied, err := db.Migrate(t.Context(), nil); err != nil || !slices.Equal(applied, known(t)) {
				t.Errorf("%v were applied (error: %v)", applied, err)
			}
			if _, err := db.Bun().NewRaw("ALTER TABLE users ADD COLUMN newer TEXT").Exec(t.Context()); err != nil {
				t.Fatalf("add a column: %v", err)
			}
			if pending, err := db.Pending(t.Context()); err != nil || len(pending) != 0 {
				t.Errorf("pending are %v (error: %v)", pending, err)
			}
			if _, err := db.UserByEmail(t.Context(), "nobody"); !isNotFound(err) {
				t.Errorf("with a column more, got error %v", err)
			}
		})
	})

	t.Run("both kinds of databases get the same tables", func(t *testing.T) {
		lite, postgres := columnsOf(t, migrated(t, sqliteURL(t))), columnsOf(t, migrated(t, pgtest.URL(t)))
		if diff := cmp.Diff(lite, postgres); diff != "" {
			t.Errorf("the columns differ (-SQLite +Postgres):\n%s", diff)
		}
		if len(lite) < 50 {
			t.Errorf("there are only %d columns: %v", len(lite), lite)
		}
	})
}

// columnsOf returns the columns of all tables, with their types and whether they may be NULL.
func columnsOf(t *testing.T, db *store.DB) []string {
	t.Helper()
	query := `SELECT m.name || '.' || p.name || ' ' || p.type || CASE p."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
		AND m.name NOT IN ('session_changes', 'sqlite_sequence')` // Postgres tells of changes by notices
	if db.Kind() == store.Postgres {
		query = `SELECT table_name || '.' || column_name || ' '
			|| CASE udt_name WHEN 'int4' THEN 'INTEGER' ELSE upper(udt_name) END
			|| CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
			FROM information_schema.columns WHERE table_schema = 'public'`
	}
	var columns []string
	if err := db.Bun().NewRaw(query).Scan(t.Context(), &columns); err != nil {
		t.Fatalf("read the columns: %v", err)
	}
	slices.Sort(columns)
	return columns
}

func TestEveryForeignKeyHasAnIndex(t *testing.T) {
	db := migrated(t, pgtest.URL(t))
	var missing []string
	err := db.Bun().NewRaw(`SELECT c.conrelid::regclass::text FROM pg_constraint c WHERE c.contype = 'f' AND NOT EXISTS (
		SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])`).Scan(t.Context(), &missing)
	if err != nil || len(missing) > 0 {
		t.Errorf("foreign keys without an index: %v (error: %v)", missing, err)
	}
}

func TestForKind(t *testing.T) {
	const text = "a\n-- why\n-- +only postgres\nb\n-- +end\n-- +only sqlite\nc\n-- +end\nd\n"
	for kind, wanted := range map[string]string{store.Postgres: "a\n-- why\nb\nd\n", store.SQLite: "a\n-- why\nc\nd\n"} {
		if got, err := store.ForKind(kind, text); err != nil || got != wanted {
			t.Errorf("for %s: got %q (error: %v), want %q", kind, got, err, wanted)
		}
	}
	for _, text := range []string{
		"-- +only mysql\n-- +end\n", "-- +end\n", "-- +only sqlite\n", "-- +only sqlite\n-- +only postgres\n-- +end\n-- +end\n",
	} {
		if _, err := store.ForKind(store.SQLite, text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
