package ratelimit

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// queueLength bounds how many attempts of one meter wait, and queueTotal those of all: those behind
// could not be let in before they lose patience, and each of them is a request that is kept.
const (
	queueLength = 200
	queueTotal  = 2000
)

// waitQueue is where attempts wait for others that hold the units they need: one line for each meter, in
// the order in which they came. Only the first of a line asks the store.
type waitQueue struct {
	mu      sync.Mutex
	byMeter map[secret.Fingerprint][]*waiter
	total   int
}

func newWaitQueue() *waitQueue { return &waitQueue{byMeter: map[secret.Fingerprint][]*waiter{}} }

// waiter is an attempt in one of the lines, or in none.
type waiter struct {
	queue *waitQueue
	in    secret.Fingerprint
	inOne bool
	full  bool
	nudge chan struct{} // something has happened that the first should look at
	asked bool          // as the first of the line, at least once
}

// enter returns a waiter in the line of one of the meters, if others wait there, and otherwise one
// in none.
func (q *waitQueue) enter(meters ...secret.Fingerprint) *waiter {
	w := &waiter{queue: q, nudge: make(chan struct{}, 1)}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range meters {
		if len(q.byMeter[m]) > 0 {
			w.full = !q.append(m, w)
			break
		}
	}
	return w
}

// append puts a waiter at the end of a line, and reports false if that is too long. The caller has mu.
func (q *waitQueue) append(m secret.Fingerprint, w *waiter) bool {
	if len(q.byMeter[m]) >= queueLength || q.total >= queueTotal {
		return false
	}
	q.byMeter[m] = append(q.byMeter[m], w)
	q.total++
	w.in, w.inOne, w.asked = m, true, false
	return true
}

// join goes to the end of a line, unless the waiter is in it already, and reports false if it is too
// long.
func (w *waiter) join(m secret.Fingerprint) bool {
	if w.inOne && w.in == m {
		return true
	}
	w.leave()
	w.queue.mu.Lock()
	defer w.queue.mu.Unlock()
	return w.queue.append(m, w)
}

// leave leaves the line. The next one is the first.
func (w *waiter) leave() {
	q := w.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if !w.inOne {
		return
	}
	line := slices.DeleteFunc(q.byMeter[w.in], func(other *waiter) bool { return other == w })
	q.total--
	w.inOne = false
	if len(line) == 0 {
		delete(q.byMeter, w.in)
		return
	}
	q.byMeter[w.in] = line
	line[0].wake()
}

// wake tells the first of each line that an attempt has ended.
func (q *waitQueue) wake(meters ...secret.Fingerprint) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range meters {
		if line := q.byMeter[m]; len(line) > 0 {
			line[0].wake()
		}
	}
}

func (w *waiter) wake() {
	select {
	case w.nudge <- struct{}{}:
	default: // it was told
	}
}

// await returns nil when it is time to ask the store: at once for a waiter in no line, and for the
// first of a line when it has become that, when an attempt has ended, and from time to time, for
// those of other replicas. It returns an error when ctx ends, or there was no room in the line.
func (w *waiter) await(ctx context.Context) error {
	if w.full {
		return context.DeadlineExceeded
	}
	if !w.inOne {
		return nil
	}
	if w.isFirst() && !w.asked {
		w.asked = true
		return ctx.Err()
	}
	again := time.NewTimer(pollInterval)
	defer again.Stop()
	for {
		var due <-chan time.Time
		if w.isFirst() {
			due = again.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.nudge:
		case <-due:
		}
		if w.isFirst() {
			w.asked = true
			return ctx.Err()
		}
	}
}

// isFirst reports whether no other waiter of the line came before.
func (w *waiter) isFirst() bool {
	w.queue.mu.Lock()
	defer w.queue.mu.Unlock()
	return w.queue.byMeter[w.in][0] == w
}
