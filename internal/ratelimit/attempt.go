package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// settleTime is how long it may take to settle an attempt whose client has gone.
const settleTime = 5 * time.Second

// Attempt is something that was let begin, of which is not known yet whether it fails. A nil attempt
// is one that is not limited.
type Attempt struct {
	limiter *Limiter
	id      uuid.UUID
	meters  []meter
	failed  bool
	settled bool
}

// held returns what the attempt holds units of.
func (a *Attempt) held() []secret.Fingerprint {
	var held []secret.Fingerprint
	for _, m := range a.meters {
		if m.Hold {
			held = append(held, m.id)
		}
	}
	return held
}

func (a *Attempt) stored() []Meter {
	meters := make([]Meter, len(a.meters))
	for i, m := range a.meters {
		meters[i] = m.Meter
	}
	return meters
}

// Fail says that the attempt was a wrong guess, whatever goes wrong from here on.
func (a *Attempt) Fail() {
	if a != nil {
		a.failed = true
	}
}

// Settle ends the attempt in the transaction that decides what came of it. If that is committed, call
// Done.
func (a *Attempt) Settle(ctx context.Context, store Settler, now time.Time) error {
	if a == nil || a.settled || len(a.held()) == 0 {
		return nil
	}
	return store.SettleUnits(ctx, a.id, a.stored(), a.failed, now)
}

// Done says that what Settle did is committed.
func (a *Attempt) Done() {
	if a != nil && !a.settled {
		a.settled = true
		a.limiter.queue.wake(a.held()...)
	}
}

// Finish settles an attempt that is decided by itself, outside of a transaction.
func (a *Attempt) Finish(ctx context.Context) error {
	if a == nil {
		return nil
	}
	if err := a.Settle(ctx, a.limiter.store, a.limiter.now()); err != nil {
		return fmt.Errorf("settle an attempt: %w", err)
	}
	a.Done()
	return nil
}

// End settles the attempt unless that was done. An attempt that did not fail gives back what it held,
// also one that was never made: because the queue for hashing is full, say. It does so even if the client has
// disconnected, who could otherwise guess without being counted. What cannot be written down ends by
// itself after holdTime.
func (a *Attempt) End(ctx context.Context) {
	if a == nil || a.settled {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_ = a.Settle(ctx, a.limiter.store, a.limiter.now())
	a.Done()
}
