package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// How long attempts wait and are waited for.
const (
	// holdTime is longer than any attempt takes. The unit of one whose replica died comes back then.
	holdTime = time.Minute
	// defaultPatience is how long an attempt waits for others that hold the units it needs.
	defaultPatience = 2 * time.Second
	// pollInterval is how often is looked whether attempts of other replicas have ended.
	pollInterval = 50 * time.Millisecond
)

// recordEvery is how long nothing more is recorded of a meter after it has refused an attempt, or for its
// period if that is longer.
const recordEvery = time.Hour

// rememberedMeters bounds what a replica keeps in memory of the limits: about 10 MB.
const rememberedMeters = 100_000

// Limiter is the limits of one replica. It is safe for concurrent use.
type Limiter struct {
	store        Store
	fingerprints *secret.FingerprintKey // of what is counted
	patience     time.Duration
	now          func() time.Time
	exhausted    *Memory
	queue        *waitQueue
	local        *localMeters
}

// New returns a limiter over a store. The fingerprints stand for subjects; all replicas have the same key. An
// attempt waits for others as long as patience, below 1: 2 s. Every time comes from now.
func New(store Store, fingerprints *secret.FingerprintKey, patience time.Duration, now func() time.Time) *Limiter {
	if patience <= 0 {
		patience = defaultPatience
	}
	return &Limiter{
		store: store, fingerprints: fingerprints, patience: patience, now: now,
		exhausted: NewMemory(), queue: newWaitQueue(), local: newLocalMeters(rememberedMeters),
	}
}

// meter is a Meter, and what it is of.
type meter struct {
	Meter
	id  secret.Fingerprint
	use Use
}

func (l *Limiter) meters(uses []Use) []meter {
	meters := make([]meter, len(uses))
	for i, u := range uses {
		id := l.fingerprints.Fingerprint(u.Limit, u.By, u.Subject)
		meters[i] = meter{
			Meter: Meter{Key: id[:], Interval: u.Rate.interval(), Units: u.Rate.Count, Hold: u.Hold},
			id:    id, use: u,
		}
	}
	return meters
}

// Begin counts the uses of an attempt, all or none of them, and lets it begin. It returns an *Exceeded
// if one of them is above its rate; being refused counts for nothing. The caller ends the attempt.
func (l *Limiter) Begin(ctx context.Context, uses ...Use) (*Attempt, error) {
	if len(uses) == 0 {
		return nil, nil //nolint:nilnil // nothing is limited, and a nil attempt is one
	}
	meters := l.meters(uses)
	if exceeded := l.knownRefusal(meters); exceeded != nil {
		return nil, exceeded
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("name an attempt: %w", err)
	}
	a := &Attempt{limiter: l, id: id, meters: meters}
	waiting := l.queue.enter(a.held()...)
	defer waiting.leave()
	wait, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()

	for {
		if waiting.await(wait) != nil {
			return nil, l.outOfPatience(ctx, meters)
		}
		if exceeded := l.knownRefusal(meters); exceeded != nil { // by one who was before us
			return nil, exceeded
		}
		now := l.now()
		shortages, err := l.store.TakeUnits(ctx, a.id, a.stored(), now, now.Add(holdTime))
		if err != nil {
			return nil, fmt.Errorf("count what is limited: %w", err)
		}
		if len(shortages) == 0 {
			return a, nil
		}
		decision := l.decide(meters, shortages, now)
		if decision.exceeded != nil {
			return nil, decision.exceeded
		}
		if !waiting.join(decision.waitOn) {
			return nil, l.outOfPatience(ctx, meters)
		}
	}
}

// knownRefusal returns the refusal of an attempt of which a meter is known to be exhausted, or nil.
func (l *Limiter) knownRefusal(meters []meter) *Exceeded {
	now := l.now()
	var last *meter
	var until time.Time
	for i, m := range meters {
		at := l.exhausted.Until(m.id)
		if at.Sub(now) > m.Interval+ClockTolerance { // it was noted by a clock that was ahead
			continue
		}
		if at.After(now) && at.After(until) {
			last, until = &meters[i], at
		}
	}
	if last == nil {
		return nil
	}
	return &Exceeded{Limit: last.use.Limit, Quiet: last.use.Quiet, RetryAfter: until.Sub(now)}
}

// decision is what becomes of an attempt that the store has not let in: it is refused, or waits until a
// unit of a meter comes back that others hold.
type decision struct {
	exceeded *Exceeded
	waitOn   secret.Fingerprint
}

// decide remembers which meters are exhausted, and refuses the attempt if any is.
func (l *Limiter) decide(meters []meter, shortages []Shortage, now time.Time) decision {
	var d decision
	var until time.Time
	var events []string
	for _, shortage := range shortages {
		id := secret.Fingerprint(shortage.Key)
		if shortage.FreeAt.IsZero() {
			d.waitOn = id
			continue
		}
		for _, m := range meters {
			if m.id != id {
				continue
			}
			if l.noteExhausted(m, shortage.FreeAt, now) && m.use.Event != "" {
				events = append(events, m.use.Event)
			}
			if shortage.FreeAt.After(until) {
				until = shortage.FreeAt
				d.exceeded = &Exceeded{Limit: m.use.Limit, Quiet: m.use.Quiet, RetryAfter: until.Sub(now)}
			}
		}
	}
	if d.exceeded != nil {
		d.exceeded.Events = events
	}
	return d
}

// noteExhausted remembers that a meter is exhausted, and reports whether that is to be recorded.
func (l *Limiter) noteExhausted(m meter, until, now time.Time) bool {
	if m.use.Quiet {
		l.exhausted.Remember(m.id, until, now)
		return false
	}
	return l.exhausted.add(m.id, until, now, max(recordEvery, m.use.Rate.Period))
}

// outOfPatience is the refusal of an attempt that has waited for others for too long, or the end of ctx.
func (l *Limiter) outOfPatience(ctx context.Context, meters []meter) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for other attempts: %w", err)
	}
	last := meters[len(meters)-1].use
	return &Exceeded{Limit: last.Limit, Quiet: last.Quiet, RetryAfter: defaultPatience}
}
