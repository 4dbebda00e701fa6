package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/google/uuid"
)

// fileVersion is the invalidator of a SQLite file. Another process may write to it at any time, the command
// line for one, and so the file is asked before each answer from memory whether anything was written; that
// takes a tenth of what looking up a session does. If something was, the triggers of migration 0014 have
// written down who has changed.
type fileVersion struct {
	cache *sessionCache
	pool  *sql.DB

	mu      sync.Mutex
	conn    *sql.Conn // nil: none yet, or it was lost
	closed  bool
	version int64 // of the file, as this connection counts
	last    int64 // the number of the last change that is known
}

func newFileVersion(db *DB, cache *sessionCache) *fileVersion {
	readers := db.pools[len(db.pools)-1].DB
	most := readers.Stats().MaxOpenConnections + 1 // one for this alone
	readers.SetMaxOpenConns(most)
	readers.SetMaxIdleConns(most)
	return &fileVersion{cache: cache, pool: readers}
}

// current voids what was changed since it was last called. Each connection counts for itself which writes
// of others it has seen, and so it is the same one each time.
func (f *fileVersion) current(ctx context.Context) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	var version int64
	err := f.connect(ctx)
	ctx = context.WithoutCancel(ctx) // it takes microseconds, and a connection that was interrupted may be lost
	if err == nil {
		err = f.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	}
	if err == nil && version != f.version {
		if err = f.catchUp(ctx); err == nil {
			f.version = version
		}
	}
	if err != nil {
		f.drop()
		return false // the file itself is asked next, and tells what is wrong
	}
	return true
}

// connect takes a connection, if there is none. What was changed before is not known.
func (f *fileVersion) connect(ctx context.Context) (err error) {
	if f.conn != nil {
		return nil
	}
	if f.conn, err = f.pool.Conn(ctx); err != nil {
		return err
	}
	f.version = 0 // which none has
	err = f.conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(number), 0) FROM session_changes").Scan(&f.last)
	f.cache.changedAll()
	return err
}

// catchUp voids what is kept of those who have changed, and everything if it is not known who has.
func (f *fileVersion) catchUp(ctx context.Context) error {
	rows, err := f.conn.QueryContext(ctx, "SELECT number, user_id FROM session_changes WHERE number > ? ORDER BY number", f.last)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var (
			number int64
			user   uuid.UUID
		)
		if err := rows.Scan(&number, &user); err != nil {
			return err
		}
		if number != f.last+1 {
			f.cache.changedAll()
		}
		f.cache.changed(user)
		f.last = number
	}
	return rows.Err()
}

// drop gives the connection up.
func (f *fileVersion) drop() {
	if f.conn != nil {
		_ = f.conn.Close() // it goes back to its pool, which looks whether it is any good
		f.conn = nil
	}
}

func (f *fileVersion) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.drop()
}
