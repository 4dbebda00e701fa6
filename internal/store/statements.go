package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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

var argument = regexp.MustCompile(`\?\d+`)

// toPrepare returns the text as a kind of database numbers its arguments, from 1.
func (s *statement) toPrepare(kind string) string {
	sign := "?"
	if kind == Postgres {
		sign = "$"
	}
	return argument.ReplaceAllStringFunc(s.text, func(found string) string {
		n, _ := strconv.Atoi(found[1:]) // digits, as the expression has it
		return sign + strconv.Itoa(n+1)
	})
}

// prepared is the statements that are prepared, of the pools of a database.
//
// A pooler that hands one connection to many may not keep prepared statements (PgBouncer before 1.21, or
// with max_prepared_statements = 0). Where that is seen, none is used any more.
type prepared struct {
	writes, reads *preparedPool // the same one, of a database with one pool
	off           atomic.Bool
	observe       func(ctx context.Context, s Statement) // nil: nobody
}

func newPrepared(kind string, writer, reader *sql.DB) *prepared {
	p := &prepared{writes: &preparedPool{kind: kind, pool: writer}}
	p.reads = p.writes
	if reader != writer {
		p.reads = &preparedPool{kind: kind, pool: reader}
	}
	return p
}

// preparedPool is those of one pool. A statement is prepared when it is first used, since the tables may
// not be there earlier.
type preparedPool struct {
	kind   string
	pool   *sql.DB
	made   sync.Map // *statement to *sql.Stmt
	mu     sync.Mutex
	wanted map[*statement]bool // in transactions, where they were not there yet
	wants  atomic.Bool
}

// ready returns the statement, prepared. No lock is held meanwhile: who waits for a connection may wait for
// a transaction, and that for the lock.
func (p *preparedPool) ready(ctx context.Context, s *statement) (*sql.Stmt, error) {
	if made := p.find(s); made != nil {
		return made, nil
	}
	made, err := p.pool.PrepareContext(ctx, s.toPrepare(p.kind))
	if err != nil {
		return nil, err
	}
	if first, loaded := p.made.LoadOrStore(s, made); loaded {
		return first.(*sql.Stmt), made.Close() //nolint:sqlclosecheck // only this one is to be closed
	}
	return made, nil // it lasts as long as the pool, which closes it
}

// find returns the statement if it is prepared, and otherwise nil.
func (p *preparedPool) find(s *statement) *sql.Stmt {
	found, _ := p.made.Load(s)
	made, _ := found.(*sql.Stmt)
	return made
}

// want has a statement prepared for the next transaction. It cannot be in this one, which has a
// connection, and might wait for another one that there is not.
func (p *preparedPool) want(s *statement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted == nil {
		p.wanted = map[*statement]bool{}
	}
	p.wanted[s] = true
	p.wants.Store(true)
}

// prepareWanted prepares what transactions want, before one begins. What fails is wanted again by whoever
// misses it.
func (p *prepared) prepareWanted(ctx context.Context) {
	for _, s := range p.writes.takeWanted() {
		if _, err := p.writes.ready(ctx, s); err != nil { //nolint:sqlclosecheck // the pool closes it
			if forgotten(err) {
				p.off.Store(true)
			}
			return
		}
	}
}

func (p *preparedPool) takeWanted() []*statement {
	if !p.wants.Load() {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	wanted := slices.Collect(maps.Keys(p.wanted))
	p.wanted = nil
	p.wants.Store(false)
	return wanted
}

// errUnprepared is returned for a statement that is not prepared, and is for bun to write.
var errUnprepared = errors.New("a statement is not prepared")

// errForgotten is returned for a prepared statement that a connection does not have any more.
var errForgotten = errors.New("a prepared statement is gone")

// forgotten reports whether err says that a connection has no such prepared statement, or another one of
// that name, or one whose tables have changed since.
func forgotten(err error) bool {
	switch postgresCode(err) {
	case "26000", "42P05", "0A000": // invalid_sql_statement_name, duplicate_prepared_statement, feature_not_supported
		return true
	}
	return false
}

// run runs a statement on a connection of the pools or, in a transaction, on that of the transaction:
// bound if it is prepared, and otherwise written if not. In a transaction that fails because the statement
// is gone, it returns errForgotten: nothing can be done in it any more, and it has to be run again.
func (c *conn) run(ctx context.Context, s *statement, pool *preparedPool, bound func(*sql.Stmt) error, written func(ctx context.Context) error) error {
	made, err := c.bindable(ctx, s, pool)
	if errors.Is(err, errUnprepared) {
		return written(context.WithValue(ctx, statementKey{}, s))
	}
	begun := time.Now()
	if err == nil {
		err = bound(made)
	}
	if forgotten(err) {
		c.prepared.off.Store(true)
		if c.pool == nil {
			return fmt.Errorf("%w: %w", errForgotten, err)
		}
		return written(context.WithValue(ctx, statementKey{}, s))
	}
	if c.prepared.observe != nil {
		c.prepared.observe(ctx, Statement{Verb: s.verb, Table: s.table, Begun: begun, Failed: err != nil && !errors.Is(err, sql.ErrNoRows)})
	}
	return err
}

// bindable returns the statement if it is prepared or, outside of transactions, can be, and otherwise
// errUnprepared.
func (c *conn) bindable(ctx context.Context, s *statement, pool *preparedPool) (*sql.Stmt, error) {
	if c.prepared.off.Load() {
		return nil, errUnprepared
	}
	if c.pool != nil {
		return pool.ready(ctx, s)
	}
	made := pool.find(s)
	if made == nil {
		pool.want(s)
		return nil, errUnprepared
	}
	return c.tx.StmtContext(ctx, made), nil
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
	db, pool := c.way(s)
	return c.run(ctx, s, pool,
		func(made *sql.Stmt) error { return made.QueryRowContext(ctx, c.bound(args)...).Scan(into...) },
		func(ctx context.Context) error { return db.QueryRowContext(ctx, s.text, args...).Scan(into...) })
}

// each calls scan for each row that a statement returns. It must not use the database.
func (c *conn) each(ctx context.Context, s *statement, args []any, scan func(rows *sql.Rows) error) error {
	db, pool := c.way(s)
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

// way returns where a statement that returns rows goes. In a transaction all goes by its connection.
func (c *conn) way(s *statement) (bun.IDB, *preparedPool) {
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
