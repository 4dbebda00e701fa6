package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// database is one as package store opens it, without what that has around it.
type database struct {
	write, read *sql.DB
	postgres    bool
}

func openDatabase(url string) (*database, error) {
	if path, found := strings.CutPrefix(url, "sqlite:"); found {
		write, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)")
		if err != nil {
			return nil, err
		}
		write.SetMaxOpenConns(1)
		read, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
		if err != nil {
			return nil, errors.Join(err, write.Close())
		}
		read.SetMaxIdleConns(runtime.NumCPU() + 2)
		read.SetMaxOpenConns(runtime.NumCPU() + 2)
		return &database{write: write, read: read}, nil
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config)
	size := max(8, 4*runtime.NumCPU())
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return &database{write: pool, read: pool, postgres: true}, nil
}

// PingContext reports whether it can answer.
func (d *database) PingContext(ctx context.Context) error { return d.read.PingContext(ctx) }

// Close closes it.
func (d *database) Close() error { return errors.Join(d.write.Close(), d.read.Close()) }

// prepare prepares a statement whose arguments are written $1, $2, …
func (d *database) prepare(ctx context.Context, pool *sql.DB, query string) (*sql.Stmt, error) {
	if !d.postgres {
		query = strings.ReplaceAll(query, "$", "?")
	}
	return pool.PrepareContext(ctx, query)
}

// lookup answers with what it finds in the row of a session token.
type lookup struct{ find *sql.Stmt }

func newSelect(ctx context.Context, d *database) (http.Handler, error) {
	find, err := d.prepare(ctx, d.read, "SELECT ip_address FROM sessions WHERE token_digest = $1")
	return &lookup{find}, err
}

// ServeHTTP implements http.Handler.
func (l *lookup) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := secret.Text(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	var found string
	if err := l.find.QueryRowContext(r.Context(), secret.Digest(token)).Scan(&found); err != nil {
		http.Error(w, "not found", http.StatusInternalServerError)
		return
	}
	answer(w, found)
}

func answer(w http.ResponseWriter, found string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"data":{"found":%q}}`, found) // it fails when the client has gone
}

// counters is how many rows the transactions choose from.
const counters = 1000

// Transactions are transactions of two UPDATEs by their keys, of rows chosen at random.
type Transactions struct {
	database    *database
	first, then *sql.Stmt
}

// OpenTransactions opens the database of the URL for them.
func OpenTransactions(ctx context.Context, url string) (*Transactions, error) {
	d, err := openDatabase(url)
	if err != nil {
		return nil, err
	}
	t, err := newTransactions(ctx, d)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return t, nil
}

func newTransactions(ctx context.Context, d *database) (*Transactions, error) {
	for _, table := range []string{"bench_first", "bench_then"} {
		for _, statement := range []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
			fmt.Sprintf("INSERT INTO %s WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n, 0 FROM c ON CONFLICT DO NOTHING", table, counters),
		} {
			if !d.postgres {
				statement = strings.Replace(statement, "FROM c ON", "FROM c WHERE true ON", 1) // which SQLite would read as a join's
			}
			if _, err := d.write.ExecContext(ctx, statement); err != nil {
				return nil, err
			}
		}
	}
	first, err := d.prepare(ctx, d.write, "UPDATE bench_first SET n = n + 1 WHERE id = $1")
	if err != nil {
		return nil, err
	}
	then, err := d.prepare(ctx, d.write, "UPDATE bench_then SET n = n + 1 WHERE id = $1")
	return &Transactions{database: d, first: first, then: then}, err
}

// Close closes the database.
func (t *Transactions) Close() error { return t.database.Close() }

// Run runs one.
func (t *Transactions) Run(ctx context.Context) error {
	tx, err := t.database.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, statement := range []*sql.Stmt{t.first, t.then} {
		bound := tx.StmtContext(ctx, statement)                                  //nolint:sqlclosecheck // the end of the transaction closes it
		if _, err := bound.ExecContext(ctx, 1+rand.IntN(counters)); err != nil { //nolint:gosec // any row will do
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// ServeHTTP implements http.Handler.
func (t *Transactions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := t.Run(r.Context()); err != nil {
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	answer(w, "done")
}
