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
	mu      sync.Mutex
	seen    map[uuid.UUID]time.Time
	written map[uuid.UUID]time.Time // those before, which whoever has just read a session may not have found there
	timer   *time.Timer             // nil: nothing waits
	closed  bool
	// write returns the sessions of which the use could not be written down because somebody has them.
	write func(ctx context.Context, seen map[uuid.UUID]time.Time) (held []uuid.UUID, err error)
	turn  sync.Mutex // of writing
}

func newTouches(write func(context.Context, map[uuid.UUID]time.Time) ([]uuid.UUID, error)) *touches {
	return &touches{seen: map[uuid.UUID]time.Time{}, write: write}
}

// add notes a use, which is written down within a second or so.
func (t *touches) add(id uuid.UUID, seen time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addLocked(id, seen)
}

func (t *touches) addLocked(id uuid.UUID, seen time.Time) {
	if t.seen[id].Before(seen) {
		t.seen[id] = seen
	}
	if t.timer == nil && !t.closed {
		t.timer = time.AfterFunc(touchesWait, func() { _ = t.flush(context.Background()) }) // what fails is tried again
	}
}

// pending returns when a session was last seen as far as that may not be written down; zero: it is.
func (t *touches) pending(id uuid.UUID) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.written[id]; at.After(t.seen[id]) {
		return at
	}
	return t.seen[id]
}

// flush writes down what waits. What cannot be written goes on waiting; of that there is no more than
// there are sessions in use.
func (t *touches) flush(ctx context.Context) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.mu.Lock()
	seen := t.seen
	t.seen, t.written, t.timer = map[uuid.UUID]time.Time{}, seen, nil
	t.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, touchesTimeout)
	defer cancel()
	held, err := t.write(ctx, seen)
	if err != nil {
		held = slices.Collect(maps.Keys(seen))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range held {
		t.addLocked(id, seen[id])
	}
	return err
}

// waiting reports whether anything waits.
func (t *touches) waiting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen) > 0
}

// close writes down what waits. Nothing is written by itself any more.
func (t *touches) close() error {
	t.mu.Lock()
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.mu.Unlock()
	err := t.flush(context.Background())
	if err == nil && t.waiting() { // somebody had them, who is likely to be done
		err = t.flush(context.Background())
	}
	return err
}

// seenSessions is what touchSessions and heldSessions begin with.
const seenSessions = `
WITH seen (id, at) AS (VALUES ?0),
due AS MATERIALIZED (SELECT s.id, seen.at FROM seen JOIN sessions AS s ON s.id = seen.id WHERE s.last_seen_at < seen.at ?1)
`

// touchSessions moves the times at which sessions were last seen forward, never back. One that somebody
// else is changing at this moment is left for later, so that nobody waits for anybody.
const touchSessions = seenSessions + `
UPDATE sessions SET last_seen_at = (SELECT due.at FROM due WHERE due.id = sessions.id) WHERE id IN (SELECT id FROM due)`

// heldSessions returns those that were left.
const heldSessions = seenSessions + "SELECT id FROM due"

// writeTouches writes down when sessions were last seen, but for those that somebody has.
func (c *conn) writeTouches(ctx context.Context, seen map[uuid.UUID]time.Time) (held []uuid.UUID, err error) {
	row, lock := "(?, ?)", bun.Safe("")
	if c.kind == Postgres {
		row, lock = "(?::uuid, ?::timestamptz)", "FOR NO KEY UPDATE OF s SKIP LOCKED"
	}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(seen)), touchesAtOnce) {
		doing := fmt.Sprintf("note when %d sessions were last seen", len(ids))
		var rows []byte
		for i, id := range ids {
			if i > 0 {
				rows = append(rows, ',')
			}
			rows = c.pool.QueryGen().AppendQuery(rows, row, id, stored(seen[id]))
		}
		result, err := c.writes.NewRaw(touchSessions, bun.Safe(rows), lock).Exec(ctx)
		written, err := c.count(ctx, doing, result, err)
		if err != nil {
			return nil, err
		}
		if c.kind == SQLite || written == len(ids) {
			continue
		}
		var left []uuid.UUID // some may have ended, or be known to have been seen later
		if err := c.reads.NewRaw(heldSessions, bun.Safe(rows), bun.Safe("")).Scan(ctx, &left); err != nil {
			return nil, c.fail(ctx, doing, err)
		}
		held = append(held, left...)
	}
	return held, nil
}
