// Package ratelimit counts what may be done only so often, for all replicas at once, and refuses what
// exceeds its rate. It counts subjects, which are strings to it, and does not know what they name: its caller
// says what is counted, and what to do about a refusal.
//
// The counts are in a Store. Each replica remembers in memory which meters are exhausted, so that a
// flood is answered without the store; an attempt that others hold the last units of waits for them.
package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ClockTolerance is how far the clocks of replicas may be apart without changing anything. What was
// counted by one further ahead delays an attempt no longer than all units of a limit take.
const ClockTolerance = time.Minute

// Rate is so many in such a time. They may all come at once, and then one comes back each time that
// a part of the period has passed (GCRA): a subject that has used less than Count in the last
// Period can use one, and in any time t it uses at most Count + Count·t/Period.
type Rate struct {
	Count  int
	Period time.Duration
}

// interval is when one unit comes back, in whole microseconds, rounded up.
func (r Rate) interval() time.Duration {
	count := time.Duration(r.Count)
	return ((r.Period+count-1)/count + time.Microsecond - 1).Truncate(time.Microsecond)
}

// take returns when nothing will be counted any more, if one is counted at now and nothing would
// have been from fullAt on; or false if that would be one too many, which then can be done after
// wait.
func (r Rate) take(fullAt, now time.Time) (next time.Time, wait time.Duration, ok bool) {
	if fullAt.Before(now) {
		fullAt = now
	}
	interval := r.interval()
	next = fullAt.Add(interval)
	wait = next.Sub(now) - interval*time.Duration(r.Count)
	return next, wait, wait <= 0
}

// Use is one unit that an attempt uses of what a subject has.
type Use struct {
	Limit   string // the name of the limit
	By      string // what kind of subject this limit counts
	Subject string
	Rate    Rate
	Hold    bool   // only a failure counts: the unit is held until it is known whether the attempt failed
	Event   string // what the caller records of a refusal; empty: nothing
	Quiet   bool   // a refusal is not the end of the attempt, and is neither observed nor recorded
}

// Exceeded is the refusal of an attempt.
type Exceeded struct {
	Limit      string // the limit that is exhausted for the longest
	Quiet      bool   // of its use
	RetryAfter time.Duration
	// Events are those of the uses whose refusal is to be recorded now: the first in a while, so that a
	// flood is one line of a trail.
	Events []string
}

// Error says which limit it is.
func (e *Exceeded) Error() string {
	return fmt.Sprintf("the limit %s is exceeded: try again after %s", e.Limit, e.RetryAfter)
}

// Meter is what one limit has counted of one subject.
type Meter struct {
	Key      []byte        // a keyed digest of both: the store learns no subject
	Interval time.Duration // when one unit comes back; whole microseconds
	Units    int           // how many there are when nothing is counted
	Hold     bool          // a unit is held until it is known whether the attempt failed
}

// Shortage is a meter that has no unit for an attempt.
type Shortage struct {
	Key []byte
	// FreeAt is when there is one. Zero: there are some, but other attempts hold them, each of
	// which may give its back.
	FreeAt time.Time
}

// Store counts what is limited, for all replicas at once. Of a meter nothing is kept but when all
// of its units will be back, and which attempts hold one.
type Store interface {
	// TakeUnits takes a unit of every meter, or of none if one has none left, and then returns
	// all that have none. A meter that is full so late that no clock which is off by ClockTolerance at most
	// can have counted it is set back to what it is with all units taken at now. However many take at once,
	// no attempt gets a unit that is not there. Of meters
	// with Hold the attempt holds the unit until it is settled, or until heldUntil if that never
	// happens. It must not be called in a transaction.
	TakeUnits(ctx context.Context, attempt uuid.UUID, meters []Meter, now, heldUntil time.Time) ([]Shortage, error)
	Settler
}

// Settler settles attempts, in a transaction or outside of one.
type Settler interface {
	// SettleUnits gives back the units that an attempt holds of the meters or, if it failed, takes
	// them for good at now. Units of meters without Hold stay taken.
	SettleUnits(ctx context.Context, attempt uuid.UUID, meters []Meter, failed bool, now time.Time) error
}
