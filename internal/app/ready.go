package app

import (
	"context"
	"time"
)

// How long an answer to whether the server is ready holds: however often it is asked, the database is asked once in
// that time. It commits something, which costs the disk a little, less often.
const (
	readyFor   = time.Second
	commitsFor = 5 * time.Second
)

// readyWithin is how long the database has to answer.
const readyWithin = time.Second

// readiness remembers for a while whether the server is ready.
type readiness struct {
	holds time.Duration
	ask   func(context.Context) error
	now   func() time.Time
	turn  chan struct{} // holds one value while a request reads or renews the answer

	asked time.Time
	said  error
}

// newReadiness returns one that asks again when an answer has held for so long.
func newReadiness(holds time.Duration, ask func(context.Context) error, now func() time.Time) *readiness {
	return &readiness{holds: holds, ask: ask, now: now, turn: make(chan struct{}, 1)}
}

// check returns why the server is not ready, or nil.
func (r *readiness) check(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.turn }()
	if !r.asked.IsZero() && r.now().Sub(r.asked) < r.holds {
		return r.said
	}
	// For all who wait for the answer, even if this one leaves.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	r.said = r.ask(asking)
	r.asked = r.now()
	return r.said
}

// signInDatabase is what readiness asks a database.
type signInDatabase interface {
	Ready(ctx context.Context) error
	Commits(ctx context.Context, at time.Time) error
}

// readinessOf returns a check of whether the next sign-in could work: whether the database can be read and written,
// and whether what is written can be committed.
func readinessOf(db signInDatabase, now func() time.Time) func(context.Context) error {
	ready := newReadiness(readyFor, db.Ready, now)
	commits := newReadiness(commitsFor, func(ctx context.Context) error { return db.Commits(ctx, now()) }, now)
	return func(ctx context.Context) error {
		if err := ready.check(ctx); err != nil {
			return err
		}
		return commits.check(ctx)
	}
}
