package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// statement is one of a hot path. Made by bun, and planned anew each time, it was half of the work of a
// request: so it is written once, each connection prepares it once, and its arguments are bound.
//
// There are places where statements cannot be prepared, or not yet. There bun writes the arguments into
// the text, as it does for all other statements.
type statement struct {
	verb  string // as observers are told it
	table string
	text  string // arguments are ?0, ?1, …, as bun has them
	only  string // the kind of database that it is used on; empty: each
}

// hotStatements are all of them, for the test that looks at their plans.
var hotStatements []*statement

func hot(verb, table, text string) *statement {
	s := &statement{verb: verb, table: table, text: text}
	hotStatements = append(hotStatements, s)
	return s
}

func hotOn(kind, verb, table, text string) *statement {
	s := hot(verb, table, text)
	s.only = kind
	return s
}

// toPrepare returns the text as a kind of database numbers its arguments, from 1.
func (s *statement) toPrepare(kind string) string {
	sign := "?"
	if kind == Postgres {
		sign = "$"
	}
	var text strings.Builder
	for i, part := range strings.Split(s.text, "?") {
		rest := strings.TrimLeft(part, "0123456789")
		if n, err := strconv.Atoi(part[:len(part)-len(rest)]); i > 0 && err == nil {
			text.WriteString(sign + strconv.Itoa(n+1) + rest)
			continue
		}
		if i > 0 {
			text.WriteByte('?')
		}
		text.WriteString(part)
	}
	return text.String()
}

// run runs a statement: with its arguments bound if it is prepared, and otherwise as bun writes it.
func (c *conn) run(ctx context.Context, s *statement, pool *preparedPool, bound func(*sql.Stmt) error, written func(ctx context.Context) error) error {
	runBound := c.runOnPool
	if c.pool == nil {
		runBound = c.runInTx
	}
	err := runBound(ctx, s, pool, bound)
	if errors.Is(err, errUnprepared) {
		return written(context.WithValue(ctx, statementKey{}, s))
	}
	return err
}

// runOnPool runs a statement outside of transactions, on a connection of the pool. It returns errUnprepared
// if statements are not prepared, or the connection has forgotten this one.
func (c *conn) runOnPool(ctx context.Context, s *statement, pool *preparedPool, bound func(*sql.Stmt) error) error {
	if c.prepared.off.Load() {
		return errUnprepared
	}
	made, err := pool.ready(ctx, s)
	begun := time.Now()
	if err == nil {
		err = bound(made)
	}
	if forgotten(err) {
		c.prepared.off.Store(true)
		return errUnprepared
	}
	c.observe(ctx, s, begun, err)
	return err
}

// runInTx runs a statement on the connection of the transaction. It returns errUnprepared if the statement
// is not prepared yet, and errForgotten if it was and the connection has forgotten it: then nothing more can
// be done in the transaction, which has to be run again.
func (c *conn) runInTx(ctx context.Context, s *statement, pool *preparedPool, bound func(*sql.Stmt) error) error {
	if c.prepared.off.Load() {
		return errUnprepared
	}
	made := pool.find(s)
	if made == nil {
		pool.want(s)
		return errUnprepared
	}
	begun := time.Now()
	err := bound(c.tx.StmtContext(ctx, made))
	if forgotten(err) {
		c.prepared.off.Store(true)
		return fmt.Errorf("%w: %w", errForgotten, err)
	}
	c.observe(ctx, s, begun, err)
	return err
}

func (c *conn) observe(ctx context.Context, s *statement, begun time.Time, err error) {
	if c.prepared.observe != nil {
		c.prepared.observe(ctx, Statement{Verb: s.verb, Table: s.table, Begun: begun, Failed: err != nil && !errors.Is(err, sql.ErrNoRows)})
	}
}

// exec runs a statement that returns no rows.
func (c *conn) exec(ctx context.Context, s *statement, args ...any) (result sql.Result, err error) {
	err = c.run(ctx, s, c.prepared.writes,
		func(made *sql.Stmt) (err error) {
			result, err = made.ExecContext(ctx, c.bound(args)...)
			return err
		},
		func(ctx context.Context) (err error) {
			result, err = c.writes.ExecContext(ctx, s.text, args...)
			return err
		})
	return result, err
}

// row scans the one row that a statement returns. sql.ErrNoRows: it returns none.
func (c *conn) row(ctx context.Context, s *statement, args []any, into ...any) error {
	db, pool := c.poolFor(s)
	return c.run(ctx, s, pool,
		func(made *sql.Stmt) error { return made.QueryRowContext(ctx, c.bound(args)...).Scan(into...) },
		func(ctx context.Context) error { return db.QueryRowContext(ctx, s.text, args...).Scan(into...) })
}

// forEachRow calls scan for each row that a statement returns. It must not use the database.
func (c *conn) forEachRow(ctx context.Context, s *statement, args []any, scan func(rows *sql.Rows) error) error {
	db, pool := c.poolFor(s)
	all := func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	return c.run(ctx, s, pool,
		func(made *sql.Stmt) error { return all(made.QueryContext(ctx, c.bound(args)...)) },   //nolint:rowserrcheck // all does
		func(ctx context.Context) error { return all(db.QueryContext(ctx, s.text, args...)) }) //nolint:rowserrcheck // all does
}

// poolFor returns where a statement that returns rows goes. In a transaction all goes by its connection.
func (c *conn) poolFor(s *statement) (bun.IDB, *preparedPool) {
	if c.pool == nil || s.verb != "SELECT" {
		return c.writes, c.prepared.writes
	}
	return c.reads, c.prepared.reads
}

// statementKey is where the context of a statement that bun writes has the statement.
type statementKey struct{}

// timeLayout is how bun writes a time. In SQLite it is a text, and compared as one: all have to be
// written alike.
const timeLayout = "2006-01-02 15:04:05.999999-07:00"

// bound returns arguments as they are bound.
func (c *conn) bound(args []any) []any {
	if c.kind == Postgres {
		return args
	}
	bound := make([]any, len(args))
	for i, arg := range args {
		if t, ok := arg.(time.Time); ok {
			arg = t.UTC().Format(timeLayout)
		}
		bound[i] = arg
	}
	return bound
}

// nullTime returns the time as an argument for a column in which none means "never".
func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stored(t)
}
