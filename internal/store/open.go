// Package store keeps everything in a SQL database, through bun: PostgreSQL, or a SQLite file. It
// implements auth.Store, whose comments are the contract.
//
// Statements of hot paths are prepared, and their arguments bound (statements.go). All others are bun's,
// which writes arguments into the text of the statement instead, so three things are
// settled here for all methods: texts that no SQL literal can hold are refused before a statement
// is built (values.go), Postgres reads literals the standard way whatever its settings (postgres.go),
// and what a database says about a statement reaches no error unless it is known to hold names only
// (errors.go).
package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// The kinds of databases, as Kind returns them.
const (
	Postgres = "postgres"
	SQLite   = "sqlite"
)

// DB is a database. Its methods may be called from many goroutines at once.
type DB struct {
	conn
	pools    []*bun.DB
	postgres *pgx.ConnConfig // nil: it is none
	setLate  []string        // parameters of Postgres that a pooler refused, and that are set by statement
}

var (
	_ auth.Store = (*DB)(nil)
	_ auth.Tx    = (*conn)(nil)
)

// conn is a way to the database: the pools of a DB, or one transaction.
type conn struct {
	kind     string
	pool     *bun.DB // where transactions begin; nil inside one
	writes   bun.IDB
	reads    bun.IDB
	prepared *prepared
	cache    *sessionCache // outside of transactions; nil inside one, and where none are kept
	watch    *sessionWatch // outside of transactions
	touches  *touches      // nil where none wait
	tx       *sql.Tx       // nil outside of one
	failed   error         // in a transaction: the first statement that failed, after which nothing is committed
	changes  []uuid.UUID   // in a transaction: the users of whom what is kept is void when it has ended
}

// Open opens the database of the URL, which is postgres://user:password@host:port/name or
// sqlite:path/of/file, and asks it whether it can answer. A SQLite file that is missing is created
// for the eyes of its owner only, and so is its folder. No error holds the URL's password.
//
// Of Postgres, all parameters of a connection string may be given. Unless the URL says otherwise, connecting may
// take 5 s (connect_timeout), a statement 10 s (statement_timeout), waiting for a lock 5 s
// (lock_timeout), and a transaction may idle 10 s (idle_in_transaction_session_timeout). At most
// pool_max_conns connections are used at once: 4 for each CPU and at least 8 unless given.
// What a pooler in between refuses of them is set by a statement (SetLate).
func Open(ctx context.Context, url string) (*DB, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch strings.ToLower(scheme) {
	case "postgres", "postgresql":
		return openPostgres(ctx, url)
	case "sqlite":
		return openSQLite(ctx, rest)
	}
	return nil, errors.New("store: the database URL must be postgres://user:password@host:port/name or sqlite:path/of/file")
}

// Kind returns which kind of database it is: Postgres or SQLite.
func (db *DB) Kind() string { return db.kind }

// SetLate returns the parameters that a pooler refused when a connection began. They are set by a
// statement instead, which in transaction mode does not hold on every connection behind the pooler.
func (db *DB) SetLate() []string { return db.setLate }

// Close closes all connections, after which every method returns an error.
func (db *DB) Close() error {
	var errs []error
	db.watch.close()
	if db.cache != nil {
		db.cache.close()
	}
	if db.touches != nil {
		errs = append(errs, db.touches.close())
	}
	for _, pool := range db.pools {
		errs = append(errs, pool.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return db.fail(context.Background(), "close", err)
	}
	return nil
}

// newDB makes a DB of one pool, or of one for writing and one for reading, if it can answer.
func newDB(ctx context.Context, kind string, pools ...*bun.DB) (*DB, error) {
	writer, reader := pools[0], pools[len(pools)-1]
	db := &DB{
		conn:  conn{kind: kind, pool: writer, writes: writer, reads: reader, prepared: newPrepared(kind, writer.DB, reader.DB), watch: newSessionWatch()},
		pools: pools,
	}
	// The writer first: it is the one that sets up a new file, where it may meet another process.
	for _, pool := range pools {
		err := retry(ctx, func() error { return db.fail(ctx, "open", pool.PingContext(ctx)) })
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// newBun puts bun on a pool. A column that a newer release has added is passed over.
func newBun(pool *sql.DB, dialect schema.Dialect) *bun.DB {
	return bun.NewDB(pool, dialect, bun.WithDiscardUnknownColumns())
}

// Ping reports whether the database can answer.
func (c *conn) Ping(ctx context.Context) error {
	var one int
	err := c.reads.NewSelect().ColumnExpr("1").Scan(ctx, &one)
	return c.fail(ctx, "ping", err)
}
