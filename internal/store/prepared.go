package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// prepared is the statements that are prepared, of the pools of a database.
//
// A pooler that hands one connection to many may not keep prepared statements (PgBouncer before 1.21, or
// with max_prepared_statements = 0). Where that is seen, none is used any more.
type prepared struct {
	writes, reads *preparedPool // the same one, of a database with one pool
	off           atomic.Bool
	observe       func(ctx context.Context, s Statement) // nil: none
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

// prepareWanted prepares what transactions want, before one begins. What fails is wanted again by the transaction that
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
