package ratelimit

import (
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// localMeters counts in the memory of one replica what protects nothing but its processor.
type localMeters struct {
	mu     sync.Mutex
	most   int
	fullAt map[secret.Fingerprint]time.Time
}

func newLocalMeters(most int) *localMeters {
	return &localMeters{most: most, fullAt: map[secret.Fingerprint]time.Time{}}
}

// take takes a unit, or returns how long it is until there is one.
func (l *localMeters) take(m meter, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fullAt, known := l.fullAt[m.id]
	next, wait, ok := m.use.Rate.take(fullAt, now)
	if !ok {
		return wait, false
	}
	if !known {
		l.makeRoom(now)
	}
	l.fullAt[m.id] = next
	return 0, true
}

// makeRoom is as in Memory.
func (l *localMeters) makeRoom(now time.Time) {
	const atOnce = 8
	looked := 0
	for id, fullAt := range l.fullAt {
		if looked++; looked > atOnce {
			return
		}
		if !fullAt.After(now) || len(l.fullAt) >= l.most {
			delete(l.fullAt, id)
		}
	}
}

// CountHere counts uses by this replica alone, in its memory, and returns the refusal of the first that is
// above its rate, or nil.
func (l *Limiter) CountHere(uses ...Use) *Exceeded {
	for _, m := range l.meters(uses) {
		if wait, ok := l.local.take(m, l.now()); !ok {
			return &Exceeded{Limit: m.use.Limit, RetryAfter: wait}
		}
	}
	return nil
}
