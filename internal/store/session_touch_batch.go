package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// touchesWait is how long the use of a session waits to be written down together with those of others.
	touchesWait = time.Second
	// touchesTimeout is how long writing them down may take.
	touchesTimeout = 10 * time.Second
)

// touches are the uses of sessions that are not written down yet.
type touches struct {
	mu      sync.Mutex
	seen    map[uuid.UUID]time.Time
	written map[uuid.UUID]time.Time // the batch before, which a session that was just read may lack
	timer   *time.Timer             // nil: no flush is planned
	closed  bool
	// write returns the sessions whose use could not be written down because another transaction has them locked.
	write func(ctx context.Context, seen map[uuid.UUID]time.Time) (held []uuid.UUID, err error)
	turn  sync.Mutex // one flush at a time
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
		t.timer = time.AfterFunc(touchesWait, func() { _ = t.flush(context.Background()) }) // what fails waits for the next
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

// flush writes down what waits. What cannot be written waits for the next time; there is never more of it
// than there are sessions in use.
func (t *touches) flush(ctx context.Context) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	batch := t.take()
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, touchesTimeout)
	defer cancel()
	held, err := t.write(ctx, batch)
	if err != nil {
		held = slices.Collect(maps.Keys(batch))
	}
	t.putBack(batch, held)
	return err
}

// take returns what waits, which waits no longer.
func (t *touches) take() map[uuid.UUID]time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	batch := t.seen
	t.seen, t.written, t.timer = map[uuid.UUID]time.Time{}, batch, nil
	return batch
}

// putBack makes these sessions of a batch wait again.
func (t *touches) putBack(batch map[uuid.UUID]time.Time, ids []uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		t.addLocked(id, batch[id])
	}
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
	if err == nil && t.waiting() { // the transaction that had them locked is likely to be done
		err = t.flush(context.Background())
	}
	return err
}
