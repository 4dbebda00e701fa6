package app

import (
	"context"
	"time"
)

// readyFor is for how long an answer to whether the server is ready holds: however often it is asked, the
// database is asked once in that time.
const readyFor = time.Second

// readyWithin is how long the database has to answer.
const readyWithin = time.Second

// readiness remembers for a while whether the server is ready.
type readiness struct {
	ask  func(context.Context) error
	now  func() time.Time
	turn chan struct{} // holds one value while a request reads or renews the answer

	asked time.Time
	said  error
}

func newReadiness(ask func(context.Context) error, now func() time.Time) *readiness {
	return &readiness{ask: ask, now: now, turn: make(chan struct{}, 1)}
}

// check returns why the server is not ready, or nil.
func (r *readiness) check(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.turn }()
	if !r.asked.IsZero() && r.now().Sub(r.asked) < readyFor {
		return r.said
	}
	// For all who wait for the answer, even if this one leaves.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	r.said = r.ask(asking)
	r.asked = r.now()
	return r.said
}
