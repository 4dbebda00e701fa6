package secret

import (
	"context"
	"slices"
	"sync"
	"time"
)

// turns lets a bounded number work at once. The others wait in the order in which they came, a
// bounded number of them and for a bounded time.
type turns struct {
	maxWaiting int
	maxWait    time.Duration

	mu      sync.Mutex
	free    int
	waiting []chan struct{} // the first to come first; closed when its turn comes
}

func newTurns(atOnce, maxWaiting int, maxWait time.Duration) *turns {
	return &turns{free: atOnce, maxWaiting: maxWaiting, maxWait: maxWait}
}

// take returns nil when it is the caller's turn, which ends with give. It returns ErrBusy when the
// queue is full or the caller has waited for too long, and the error of ctx when that has ended.
func (t *turns) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn, err := t.join()
	if err != nil {
		return err
	}

	select {
	case <-turn:
		return nil
	default:
	}

	timer := time.NewTimer(t.maxWait)
	defer timer.Stop()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrBusy
	}
	if !t.leave(turn) {
		t.give() // the turn came at the same moment
	}
	return err
}

// queued returns how many wait.
func (t *turns) queued() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}

// full reports whether whoever comes now is refused.
func (t *turns) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.free == 0 && len(t.waiting) >= t.maxWaiting
}

// give ends a turn. It is the next one's, if anybody waits.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()

	if len(t.waiting) == 0 {
		t.free++
		return
	}
	close(t.waiting[0])
	t.waiting = slices.Delete(t.waiting, 0, 1)
}

// join returns a channel that is closed when the caller's turn comes.
func (t *turns) join() (<-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()

	turn := make(chan struct{})
	switch {
	case t.free > 0: // then nobody waits
		t.free--
		close(turn)
	case len(t.waiting) < t.maxWaiting:
		t.waiting = append(t.waiting, turn)
	default:
		return nil, ErrBusy
	}
	return turn, nil
}

// leave reports whether the caller was still waiting.
func (t *turns) leave(turn <-chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()

	i := slices.IndexFunc(t.waiting, func(other chan struct{}) bool { return other == turn })
	if i < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	return true
}
