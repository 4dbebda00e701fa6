package store

import (
	"context"
	"time"
)

// Clock returns what time it is for the database, if it has a clock of its own: that of the server it
// runs on. A SQLite file has none, and own is false.
func (db *DB) Clock(ctx context.Context) (now time.Time, own bool, err error) {
	if db.kind != Postgres {
		return time.Time{}, false, nil
	}
	if err := db.reads.NewRaw("SELECT clock_timestamp()").Scan(ctx, &now); err != nil {
		return time.Time{}, true, db.fail(ctx, "ask for the time", err)
	}
	return now.UTC(), true, nil
}
