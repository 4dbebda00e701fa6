package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

const (
	// touchesWait is how long the use of a session waits to be written down together with those of others.
	touchesWait = time.Second
	// touchesTimeout is how long writing them down may take.
	touchesTimeout = 10 * time.Second
	// touchesAtOnce is how many go into one statement.
	touchesAtOnce = 500
)

// touches are the uses of sessions that are not written down yet.
type touches struct {
	mu     sync.Mutex
	seen   map[uuid.UUID]time.Time
	timer  *time.Timer // nil: nothing waits
	closed bool
	write  func(ctx context.Context, seen map[uuid.UUID]time.Time) error
	turn   sync.Mutex // of writing
}

func newTouches(write func(context.Context, map[uuid.UUID]time.Time) error) *touches {
	return &touches{seen: map[uuid.UUID]time.Time{}, write: write}
}

// add notes a use, which is written down within a second or so.
func (t *touches) add(id uuid.UUID, seen time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.seen[id].Before(seen) {
		return
	}
	t.seen[id] = seen
	t.schedule()
}

// schedule has what waits written down later. The caller has the lock.
func (t *touches) schedule() {
	if t.timer == nil && !t.closed {
		t.timer = time.AfterFunc(touchesWait, func() { _ = t.flush(context.Background()) }) // what fails is tried again
	}
}

// pending returns when a session was last seen as far as that is not written down; zero: it is.
func (t *touches) pending(id uuid.UUID) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[id]
}

// flush writes down what waits. What cannot be written goes on waiting; of that there is no more than
// there are sessions in use.
func (t *touches) flush(ctx context.Context) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.mu.Lock()
	seen := t.seen
	t.seen, t.timer = map[uuid.UUID]time.Time{}, nil
	t.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, touchesTimeout)
	defer cancel()
	err := t.write(ctx, seen)
	if err == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, at := range seen {
		if t.seen[id].Before(at) {
			t.seen[id] = at
		}
	}
	t.schedule()
	return err
}

// close writes down what waits. Nothing is written by itself any more.
func (t *touches) close() error {
	t.mu.Lock()
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.mu.Unlock()
	return t.flush(context.Background())
}

// touchSessions moves the times at which sessions were last seen forward, never back. One that somebody
// else is changing at this moment is left as it is, so that nobody waits for anybody: it is
// being used there, or ended.
const touchSessions = `
WITH seen (id, at) AS (VALUES ?0),
due AS MATERIALIZED (SELECT s.id, seen.at FROM seen JOIN sessions AS s ON s.id = seen.id WHERE s.last_seen_at < seen.at ?1)
UPDATE sessions SET last_seen_at = (SELECT due.at FROM due WHERE due.id = sessions.id) WHERE id IN (SELECT id FROM due)`

// writeTouches writes down when sessions were last seen.
func (c *conn) writeTouches(ctx context.Context, seen map[uuid.UUID]time.Time) error {
	row, lock := "(?, ?)", bun.Safe("")
	if c.kind == Postgres {
		row, lock = "(?::uuid, ?::timestamptz)", "FOR NO KEY UPDATE OF s SKIP LOCKED"
	}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(seen)), touchesAtOnce) {
		var rows []byte
		for i, id := range ids {
			if i > 0 {
				rows = append(rows, ',')
			}
			rows = c.pool.QueryGen().AppendQuery(rows, row, id, stored(seen[id]))
		}
		if _, err := c.writes.NewRaw(touchSessions, bun.Safe(rows), lock).Exec(ctx); err != nil {
			return c.fail(ctx, fmt.Sprintf("note when %d sessions were last seen", len(ids)), err)
		}
	}
	return nil
}
