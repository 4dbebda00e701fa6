package store

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/migrations"
)

type migrationRow struct {
	bun.BaseModel `bun:"table:schema_migrations,alias:m"`

	Name      string    `bun:"name,pk"`
	AppliedAt time.Time `bun:"applied_at"`
}

const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations (
	name       TEXT PRIMARY KEY NOT NULL,
	applied_at TIMESTAMPTZ NOT NULL
)`

// migrationsLock is the key of the advisory lock under which Postgres is migrated: "latchkey" as a number.
const migrationsLock = 0x6c617463686b6579

// Migrate applies the migrations that are pending and returns their names in order. They are
// applied and marked in one transaction, so that a failure leaves nothing, and any number of
// processes may do it at once: one does, the others wait and find nothing to do. Names that this
// release does not know, because a newer one has been here, are left alone. Before each migration it calls
// progress, which may be nil, with its name, its number among those that are applied, from 1, and how
// many these are.
func (db *DB) Migrate(ctx context.Context, progress func(name string, number, of int)) (applied []string, err error) {
	applied, err = db.migrate(ctx, migrations.Files, progress)
	if err == nil || ctx.Err() != nil {
		return applied, err
	}
	if reason := db.CanMigrate(ctx); reason != nil {
		return nil, fmt.Errorf("%w (%w)", reason, err)
	}
	return nil, err
}

// Pending returns the names of the migrations that are not applied yet, in order.
func (db *DB) Pending(ctx context.Context) ([]string, error) {
	return db.pending(ctx, migrations.Files)
}

func (c *conn) pending(ctx context.Context, files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("store: list migrations: %w", err)
	}
	slices.Sort(names)

	var done []string
	err = c.reads.NewSelect().Model((*migrationRow)(nil)).Column("name").Scan(ctx, &done)
	if err != nil && !isMissingTable(err) {
		return nil, c.fail(ctx, "read which migrations are applied", err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(done, name) }), nil
}

func (c *conn) migrate(ctx context.Context, files fs.FS, progress func(name string, number, of int)) (applied []string, err error) {
	// Usually there is nothing to do, and then nothing is locked or written.
	if names, err := c.pending(ctx, files); err != nil || len(names) == 0 {
		return nil, err
	}
	err = c.inTx(ctx, func(tx *conn) error {
		if err := tx.lockMigrations(ctx); err != nil {
			return err
		}
		if applied, err = tx.pending(ctx, files); err != nil {
			return err
		}
		for i, name := range applied {
			if progress != nil {
				progress(name, i+1, len(applied))
			}
			if err := tx.apply(ctx, files, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

// lockMigrations waits until no other process migrates, however long that takes. On SQLite the
// transaction has waited already.
func (c *conn) lockMigrations(ctx context.Context) error {
	statements := []string{createMigrations}
	if c.kind == Postgres {
		statements = []string{
			"SET LOCAL statement_timeout = 0",
			"SET LOCAL lock_timeout = 0",
			fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", migrationsLock),
			// From here on a table that is in use is not waited for, with others waiting behind.
			"SET LOCAL lock_timeout TO DEFAULT",
			createMigrations,
		}
	}
	for _, statement := range statements {
		if _, err := c.writes.NewRaw(statement).Exec(ctx); err != nil {
			return c.fail(ctx, "lock the migrations", err)
		}
	}
	return nil
}

func (c *conn) apply(ctx context.Context, files fs.FS, name string) error {
	doing := "apply migration " + name
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("store: %s: %w", doing, err)
	}
	statements, err := forKind(c.kind, string(text))
	if err != nil {
		return fmt.Errorf("store: %s: %w", doing, err)
	}
	if _, err := c.writes.ExecContext(ctx, statements); err != nil {
		// There are no arguments in a migration, so all may be told.
		return fmt.Errorf("%w (%s)", c.fail(ctx, doing, err), err.Error())
	}
	row := &migrationRow{Name: name, AppliedAt: stored(time.Now())}
	_, err = c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// forKind returns the text without the sections that are for another kind of database.
func forKind(kind, text string) (string, error) {
	var kept strings.Builder
	only := ""
	for line := range strings.Lines(text) {
		mark := strings.TrimSpace(line)
		name, begins := strings.CutPrefix(mark, "-- +only ")
		switch {
		case begins && (only != "" || name != Postgres && name != SQLite):
			return "", fmt.Errorf("misplaced %q", mark)
		case begins:
			only = name
		case mark == "-- +end" && only == "":
			return "", fmt.Errorf("misplaced %q", mark)
		case mark == "-- +end":
			only = ""
		case only == "" || only == kind:
			kept.WriteString(line)
		}
	}
	if only != "" {
		return "", fmt.Errorf("no \"-- +end\" after \"-- +only %s\"", only)
	}
	return kept.String(), nil
}
