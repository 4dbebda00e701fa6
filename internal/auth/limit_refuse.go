package auth

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// outcomeLimited is the outcome of an act that was refused because it was done too often.
const outcomeLimited = "RATE_LIMITED"

// refusalNotedEvery is how long nothing more is written down of a meter after it has refused
// somebody, or for its period if that is longer: a flood is one line of the audit trail, and no
// flood of lines.
const refusalNotedEvery = time.Hour

// refusal is what a replica remembers of a meter that was short.
type refusal struct {
	until time.Time // it cannot have a unit before
	noted time.Time // nothing more is written down before
}

// refusals remembers meters that were short, so that a flood is answered from memory. Nothing can
// bring a unit back sooner than was said, and who is let in the store alone decides: so replicas
// need not agree on this, and nobody is let in too often.
type refusals struct {
	mu      sync.Mutex
	most    int
	byMeter map[secret.Mark]refusal
}

func newRefusals(most int) *refusals {
	return &refusals{most: most, byMeter: map[secret.Mark]refusal{}}
}

// until returns how long the meter is short, and the zero time if nothing is known of it.
func (r *refusals) until(id secret.Mark) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byMeter[id].until
}

// add remembers that a meter is short, and reports whether that is to be written down.
func (r *refusals) add(id secret.Mark, until, now time.Time, every time.Duration) (note bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.byMeter[id]
	if !ok {
		r.makeRoom(now)
	}
	known.until = until
	if note = !now.Before(known.noted); note {
		known.noted = now.Add(every)
	}
	r.byMeter[id] = known
	return note
}

// remember is add for what is not to be written down.
func (r *refusals) remember(id secret.Mark, until, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.byMeter[id]
	if !ok {
		r.makeRoom(now)
	}
	known.until = until
	r.byMeter[id] = known
}

// forget forgets a meter.
func (r *refusals) forget(id secret.Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byMeter, id)
}

// makeRoom forgets what is over, at most a few at a time, and if need be one that is not: whoever
// comes again then asks the store, which remembers.
func (r *refusals) makeRoom(now time.Time) {
	const atOnce = 8
	looked := 0
	for id, known := range r.byMeter {
		if looked++; looked > atOnce {
			break
		}
		if now.After(known.until) && now.After(known.noted) || len(r.byMeter) >= r.most {
			delete(r.byMeter, id)
		}
	}
}

// remembered returns the refusal of an attempt of which a meter is known to be short.
func (s *Service) remembered(ctx context.Context, meters []meter) error {
	now := s.now()
	var last *meter
	var until time.Time
	for i, m := range meters {
		at := s.limits.refused.until(m.id)
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
	if !last.use.quiet {
		s.limits.observe(string(last.use.limit))
	}
	return tooOften(until.Sub(now))
}

// short returns the refusal of an attempt that the store has not let in, and writes it down if it is
// the first in a while; or no error, and a meter of which others hold the units.
func (s *Service) short(ctx context.Context, meters []meter, shortages []Shortage, now time.Time) (held secret.Mark, err error) {
	var last *meter
	var until time.Time
	for _, shortage := range shortages {
		id := secret.Mark(shortage.Key)
		if shortage.FreeAt.IsZero() {
			held = id
			continue
		}
		for i, m := range meters {
			if m.id != id {
				continue
			}
			if err := s.noteShortage(ctx, m, shortage.FreeAt, now); err != nil {
				return held, err
			}
			if shortage.FreeAt.After(until) {
				last, until = &meters[i], shortage.FreeAt
			}
		}
	}
	if last == nil {
		return held, nil
	}
	if !last.use.quiet {
		s.limits.observe(string(last.use.limit))
	}
	return held, tooOften(until.Sub(now))
}

// noteShortage remembers that a meter is short. The event is of no account: whether there is one is not
// looked at.
func (s *Service) noteShortage(ctx context.Context, m meter, until, now time.Time) error {
	if m.use.quiet {
		s.limits.refused.remember(m.id, until, now)
		return nil
	}
	every := max(refusalNotedEvery, m.rate.Period)
	if !s.limits.refused.add(m.id, until, now, every) || m.use.act == "" {
		return nil
	}
	return s.do(ctx, "note a refusal", func(tx *tx) error {
		return tx.write(ctx, AuditEvent{Act: m.use.act, Outcome: outcomeLimited})
	})
}

// impatient is the refusal of an attempt that has waited for others for too long, or the end of ctx.
func (s *Service) impatient(ctx context.Context, meters []meter) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for other attempts: %w", err)
	}
	s.limits.observe(string(meters[len(meters)-1].use.limit))
	return tooOften(defaultPatience)
}

// tooOften is an Error of kind RateLimited. It says the same of every account.
func tooOften(wait time.Duration) error {
	return &Error{
		Kind:       RateLimited,
		Message:    fmt.Sprintf("This was tried too often. Wait %s and try again.", waitInWords(wait)),
		RetryAfter: wait,
	}
}

// waitInWords rounds up.
func waitInWords(d time.Duration) string {
	n, unit := int(math.Ceil(d.Seconds())), "second"
	if d > 2*time.Minute {
		n, unit = int(math.Ceil(d.Minutes())), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}
