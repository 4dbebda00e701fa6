package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// What keeps a database that answers from being used. Their texts are for everyone.
var (
	errReplica   = errors.New("the database is a replica, which takes no writes: is this the primary?")
	errReadOnly  = errors.New("the database takes no writes: it is set to be read-only")
	errNotTested = errors.New("this was only a test")
)

// Ready reports whether the next sign-in could work: the database answers, all migrations are applied, and
// what a sign-in reads and writes can be read and written. It leaves nothing behind.
func (db *DB) Ready(ctx context.Context) error {
	pending, err := db.Pending(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("store: the database lacks the migrations %s", strings.Join(pending, ", "))
	}
	if err := db.takesWrites(ctx); err != nil {
		return err
	}
	err = db.runTx(ctx, func(tx *conn) error {
		if err := tx.tryWrites(ctx); err != nil {
			return err
		}
		return errNotTested // so that it is rolled back
	})
	if errors.Is(err, errNotTested) {
		return nil
	}
	return err
}

// ballast is what a commit needs room for, a page of SQLite, as a sign-in may: its rows go where there is room. What is
// there already can be overwritten on a full disk for a while, so that would tell nothing.
const ballast = 4096

// Commits reports whether what is written at a time can be committed, which needs room for it: a full disk refuses
// that, or the commit. It leaves one row, the same for all.
func (db *DB) Commits(ctx context.Context, at time.Time) error {
	return db.runTx(ctx, func(tx *conn) error {
		for _, size := range []int{ballast, 0} {
			_, err := tx.writes.NewRaw(`INSERT INTO readiness (id, ballast, written_at) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET ballast = excluded.ballast, written_at = excluded.written_at`, make([]byte, size), stored(at)).Exec(ctx)
			if err != nil {
				return tx.fail(ctx, "try to write something down", err)
			}
		}
		return nil
	})
}

// takesWrites says why a server of Postgres takes no writes at all.
func (db *DB) takesWrites(ctx context.Context) error {
	if db.kind != Postgres {
		return nil
	}
	var replica, readOnly bool
	err := db.reads.NewRaw("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool").Scan(ctx, &replica, &readOnly)
	switch {
	case err != nil:
		return db.fail(ctx, "ask whether the database takes writes", err)
	case replica:
		return errReplica
	case readOnly:
		return errReadOnly
	}
	return nil
}

// probe is no meter: the keys of those are longer.
var probe = []byte("ready")

// tryWrites writes what a sign-in writes: a row of its limits, and none of the rest, which tells all the same
// whether that would be allowed.
func (c *conn) tryWrites(ctx context.Context) error {
	_, err := c.writes.NewRaw("INSERT INTO rate_limits (meter, full_at) VALUES (?, 0)", probe).Exec(ctx)
	if err != nil {
		return c.fail(ctx, "try to write", err)
	}
	for _, table := range []string{"users", "passwords", "sessions", "outbox", "audit_events"} {
		_, err := c.writes.NewRaw("DELETE FROM ? WHERE false", bun.Ident(table)).Exec(ctx)
		if err != nil {
			return c.fail(ctx, "try to write to "+table, err)
		}
	}
	return nil
}
