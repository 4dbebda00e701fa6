package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// settleTime is how long it may take to settle an attempt whose client has gone.
const settleTime = 5 * time.Second

// attempt is something that was let begin, of which is not known yet whether it fails. A nil attempt
// is one that is not limited.
type attempt struct {
	service *Service
	id      uuid.UUID
	meters  []meter
	failed  bool
	settled bool
}

// held returns what the attempt holds units of.
func (a *attempt) held() []secret.Mark {
	var held []secret.Mark
	for _, m := range a.meters {
		if m.Hold {
			held = append(held, m.id)
		}
	}
	return held
}

func (a *attempt) stored() []Meter {
	meters := make([]Meter, len(a.meters))
	for i, m := range a.meters {
		meters[i] = m.Meter
	}
	return meters
}

// fail says that the attempt was a wrong guess, whatever goes wrong from here on.
func (a *attempt) fail() {
	if a != nil {
		a.failed = true
	}
}

// failOn is fail for a password that was found wrong before its verification ended with an error.
func (a *attempt) failOn(err error) {
	if errors.Is(err, secret.ErrMismatch) {
		a.fail()
	}
}

// settle ends the attempt in the transaction that decides what came of it. If that is committed, call
// done.
func (a *attempt) settle(ctx context.Context, store LimitStore, now time.Time) error {
	if a == nil || a.settled || len(a.held()) == 0 {
		return nil
	}
	return store.SettleUnits(ctx, a.id, a.stored(), a.failed, now)
}

func (a *attempt) done() {
	if a != nil && !a.settled {
		a.settled = true
		a.service.limits.lines.wake(a.held()...)
	}
}

// finish settles an attempt that is decided by itself, outside of a transaction.
func (a *attempt) finish(ctx context.Context) error {
	if a == nil {
		return nil
	}
	if err := a.settle(ctx, a.service.store, a.service.now()); err != nil {
		return fmt.Errorf("settle an attempt: %w", err)
	}
	a.done()
	return nil
}

// end settles the attempt unless that was done. An attempt that did not fail gives back what it held,
// also one that was never made: for want of a turn to hash, say. It does so even if the client has
// gone, who could otherwise guess without being counted. What cannot be written down ends by
// itself after holdTime.
func (a *attempt) end(ctx context.Context) {
	if a == nil || a.settled {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_ = a.settle(ctx, a.service.store, a.service.now())
	a.done()
}
