package store

import (
	"context"
	"database/sql"
	"sync"
)

// fileVersion is the witness of a SQLite file. Another process may write to it at any time, the command
// line for one, and so the file is asked before each answer from memory whether anything was written.
// That takes a tenth of what looking up a session does, and holds for what this process writes as well.
type fileVersion struct {
	kept *keptSessions
	pool *sql.DB

	mu      sync.Mutex
	conn    *sql.Conn // nil: none yet, or it was lost
	version int64     // of the file, as this connection counts
}

func newFileVersion(db *DB, kept *keptSessions) *fileVersion {
	readers := db.pools[len(db.pools)-1].DB
	most := readers.Stats().MaxOpenConnections + 1 // one for this alone
	readers.SetMaxOpenConns(most)
	readers.SetMaxIdleConns(most)
	return &fileVersion{kept: kept, pool: readers}
}

// vouches voids what is kept if anything was written since it was last asked. Each connection counts for
// itself which writes of others it has seen, and so it is the same one each time.
func (f *fileVersion) vouches(ctx context.Context) bool {
	ctx = context.WithoutCancel(ctx) // it takes microseconds, and a connection that was interrupted may be lost
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		conn, err := f.pool.Conn(ctx)
		if err != nil {
			return false // the file itself is asked next, and tells what is wrong
		}
		f.conn, f.version = conn, 0 // which none has
	}
	var version int64
	if err := f.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		f.drop()
		return false
	}
	if version != f.version {
		f.version = version
		f.kept.changedAll()
	}
	return true
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
	f.drop()
}
