package ratelimit

import (
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Memory remembers until when something holds, as that a meter is exhausted, so that a flood is answered
// from memory. Nothing can bring a unit back sooner than was said, and only the store lets an attempt in:
// so replicas need not agree on this, and no attempt is let in too often. It is bounded, and safe for
// concurrent use.
type Memory struct {
	mu    sync.Mutex
	most  int
	byKey map[secret.Fingerprint]entry
}

type entry struct {
	until    time.Time
	recorded time.Time // nothing more is recorded before
}

// NewMemory returns an empty memory.
func NewMemory() *Memory { return newMemory(rememberedMeters) }

func newMemory(most int) *Memory {
	return &Memory{most: most, byKey: map[secret.Fingerprint]entry{}}
}

// Until returns until when it holds, and the zero time if nothing is known.
func (m *Memory) Until(id secret.Fingerprint) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byKey[id].until
}

// add remembers until when it holds, and reports whether that is to be recorded.
func (m *Memory) add(id secret.Fingerprint, until, now time.Time, every time.Duration) (record bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.byKey[id]
	if !ok {
		m.makeRoom(now)
	}
	known.until = until
	if record = !now.Before(known.recorded); record {
		known.recorded = now.Add(every)
	}
	m.byKey[id] = known
	return record
}

// Remember remembers until when it holds.
func (m *Memory) Remember(id secret.Fingerprint, until, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.byKey[id]
	if !ok {
		m.makeRoom(now)
	}
	known.until = until
	m.byKey[id] = known
}

// Forget forgets it.
func (m *Memory) Forget(id secret.Fingerprint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byKey, id)
}

// makeRoom forgets what no longer holds, at most a few at a time, and if need be something that does: the
// store, which remembers, is asked about it the next time.
func (m *Memory) makeRoom(now time.Time) {
	const atOnce = 8
	looked := 0
	for id, known := range m.byKey {
		if looked++; looked > atOnce {
			break
		}
		if now.After(known.until) && now.After(known.recorded) || len(m.byKey) >= m.most {
			delete(m.byKey, id)
		}
	}
}
