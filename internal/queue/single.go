package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// LeaseStore keeps leases that have names.
type LeaseStore interface {
	// TakeLease gives the lease of that name to the holder until a time, if no other holder has it at
	// now, and reports whether it did. A holder may take it again.
	TakeLease(ctx context.Context, name string, holder uuid.UUID, now, until time.Time) (bool, error)
}

// Single does something from time to time, on one replica of those that share a store.
type Single struct {
	Name  string        // of the lease
	First time.Duration // the first turn comes within this
	Every time.Duration // from one turn to the next, give or take a tenth
	Store LeaseStore
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time // what it waits with: time.After outside of tests
}

// Run calls turn from time to time, unless another replica does, until ctx ends. It calls failed with
// the error of a turn, or of taking the lease; the next turn comes anyway.
//
// The lease is held for a little less than the shortest pause, so that the replica that has it can lose it to
// another, and one that dies is replaced. The context of a turn ends with the lease.
func (s Single) Run(ctx context.Context, turn func(context.Context) error, failed func(error)) {
	holder := uuid.New()
	wait := rand.N(s.First) //nolint:gosec // guessing it gains nothing
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.After(wait):
		}
		if err := s.take(ctx, holder, turn); err != nil && ctx.Err() == nil {
			failed(err)
		}
		wait = jitter(s.Every*9/10, s.Every*11/10)
	}
}

// take takes the lease and has its turn, unless another replica has the lease.
func (s Single) take(ctx context.Context, holder uuid.UUID, turn func(context.Context) error) error {
	const held = 8 // tenths of Every
	lease, now := s.Every*held/10, s.Now()
	taken, err := s.Store.TakeLease(ctx, s.Name, holder, now, now.Add(lease))
	if err != nil {
		return fmt.Errorf("take the lease of the %s: %w", s.Name, err)
	}
	if !taken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	return turn(ctx)
}
