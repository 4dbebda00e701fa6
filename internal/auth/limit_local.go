package auth

import (
	"context"
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// localMeters counts in the memory of one replica what protects nothing but its processor.
type localMeters struct {
	mu     sync.Mutex
	most   int
	fullAt map[secret.Mark]time.Time
}

func newLocalMeters(most int) *localMeters {
	return &localMeters{most: most, fullAt: map[secret.Mark]time.Time{}}
}

// take takes a unit, or returns how long it is until there is one.
func (l *localMeters) take(m meter, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fullAt, known := l.fullAt[m.id]
	next, wait, ok := m.rate.take(fullAt, now)
	if !ok {
		return wait, false
	}
	if !known {
		l.makeRoom(now)
	}
	l.fullAt[m.id] = next
	return 0, true
}

// makeRoom is as in refusals.
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

// limitHere is limit for what each replica counts by itself. Nothing is written down.
func (s *Service) limitHere(ctx context.Context, limit Limit) error {
	for _, m := range s.limits.meters(RequestFrom(ctx), []use{{limit: limit}}) {
		if wait, ok := s.limits.local.take(m, s.now()); !ok {
			s.limits.observe(string(limit))
			return tooOften(wait)
		}
	}
	return nil
}
