package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// lease is an item that is ours for a while.
type lease struct {
	item   *auth.OutboxItem
	holder uuid.UUID
	until  time.Time
}

// errLeaseLost is why a mail is not sent that somebody else is sending by now.
var errLeaseLost = errors.New("somebody else has taken it over")

// composeError is a failure to find out what to send. It says nothing about the mail, so it is never
// a reason for giving it up.
type composeError struct{ err error }

func (e *composeError) Error() string { return "composing it failed: " + e.err.Error() }
func (e *composeError) Unwrap() error { return e.err }

// madeError is a fault in making the mail itself. It says nothing about the address, so that others to
// it need not wait.
type madeError struct{ err error }

func (e *madeError) Error() string { return e.err.Error() }
func (e *madeError) Unwrap() error { return e.err }

// deliver sends one item and writes down what came of it.
func (o *Outbox) deliver(ctx context.Context, composer Composer, l *lease) {
	log := o.log.With("item", l.item.ID.String(), "errand", string(l.item.Job), "attempt", l.item.Attempts)
	outcome := outcomeTakenOver
	ctx, ended := o.begun(ctx, l.item.Job)
	defer func() { ended(outcome) }()

	sending, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		o.renew(sending, l, stop)
	}()
	sent, err := o.send(sending, log, composer, l.item)
	lost := errors.Is(context.Cause(sending), errLeaseLost)
	stop(nil)
	<-renewed

	if err != nil && lost {
		log.Info("mail: another worker has taken it over")
		return
	}
	if outcome = o.settle(ctx, log, l, err); outcome == outcomeSent && !sent {
		outcome = outcomeNobody
	}
}

// renew keeps the lease until ctx ends, and ends it by stop when the lease is lost.
func (o *Outbox) renew(ctx context.Context, l *lease, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	until := l.until
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		next := o.now().Add(leaseFor)
		switch err := o.renewOnce(ctx, l, next); {
		case err == nil:
			until = next
		case errors.Is(err, auth.ErrNotFound), !o.now().Before(until):
			stop(errLeaseLost)
			return
		}
	}
}

func (o *Outbox) renewOnce(ctx context.Context, l *lease, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	return o.store.RenewLease(ctx, l.item.ID, l.holder, until)
}

// send composes, renders and sends one mail, and reports whether there was one to send. What panics on
// the way is this mail's failure alone.
func (o *Outbox) send(ctx context.Context, log *slog.Logger, composer Composer, item *auth.OutboxItem) (sent bool, err error) {
	defer func() {
		if value := recover(); value != nil {
			// The value of a panic may quote the mail; those of the runtime do not.
			what := fmt.Sprintf("%T", value)
			if fault, ok := value.(runtime.Error); ok {
				what = reason(fault)
			}
			log.Error("mail: panic while it was being sent", "panic", what, "stack", string(debug.Stack()))
			sent, err = false, &madeError{errors.New("panic: " + what)}
		}
	}()

	composing, cancel := context.WithTimeout(ctx, composeFor)
	letter, err := composer.Compose(composing, item)
	cancel()
	switch {
	case errors.Is(err, auth.ErrNoLetter):
		return false, nil
	case err != nil:
		return false, &composeError{err}
	}
	message, err := o.renderer.Render(letter)
	if err != nil {
		return false, &madeError{err}
	}
	if err := o.sender.Send(ctx, message); err != nil {
		return false, err
	}
	log.Info("mail: sent", "kind", string(letter.Kind))
	return true, nil
}

// mayBypass reports whether a mail that failed must not hold up others to the same address. While the
// store is away nothing is leased, so a mail that cannot be composed again and again has another fault; and
// while the mail server is away it refuses no single mail.
func mayBypass(err error, attempts int) bool {
	var made *madeError
	var undecided *composeError
	var refused *RefusedError
	return errors.As(err, &made) || (errors.As(err, &undecided) || errors.As(err, &refused)) && attempts >= triesBeforeBypass
}

// settle writes down what came of an item, and returns it: done, to be tried again, or given up. Where that lets others
// go that have waited for it, the outbox is looked at again.
func (o *Outbox) settle(ctx context.Context, log *slog.Logger, l *lease, err error) (outcome string) {
	id, now := l.item.ID, o.now()
	var undecided *composeError
	age := now.Sub(l.item.CreatedAt)
	givenUp := Permanent(err) || err != nil && age >= giveUpAfter && !errors.As(err, &undecided)
	bypassed := mayBypass(err, l.item.Attempts)
	if l.item.Recipient != "" && (err == nil || givenUp || bypassed) {
		defer o.Wake()
	}
	switch {
	case err == nil:
		o.write(ctx, log, func(ctx context.Context) error {
			return o.store.FinishOutbox(ctx, id, l.holder)
		})
		return outcomeSent
	case givenUp:
		why := reason(err)
		log.Error("mail: given up", "age", age.Round(time.Second).String(), "reason", why)
		o.write(ctx, log, func(ctx context.Context) error {
			return o.store.AbandonOutbox(ctx, id, l.holder, now, why)
		})
		return outcomeGivenUp
	default:
		why, after := reason(err), retryAfter(l.item.Attempts)
		if errors.Is(context.Cause(ctx), errInterrupted) {
			why, after = reason(errInterrupted), 0 // whoever still runs may have it at once
		}
		log.Warn("mail: not sent, to be tried again", "after", after.Round(time.Second).String(), "reason", why)
		if bypassed {
			o.write(ctx, log, func(ctx context.Context) error {
				return o.store.Bypass(ctx, id, l.holder)
			})
		}
		o.write(ctx, log, func(ctx context.Context) error {
			return o.store.RetryOutbox(ctx, id, l.holder, now.Add(after), why)
		})
		return outcomeRetried
	}
}

// write changes the store, and tries for a while if it cannot be reached, since a mail that was sent
// and not written down is sent again. It does so even when ctx has ended, if only briefly.
func (o *Outbox) write(ctx context.Context, log *slog.Logger, change func(context.Context) error) {
	limit := settleFor
	if ctx.Err() != nil {
		limit = interruptFor
	}
	writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(interruptFor, cancel) })()

	for pause := 100 * time.Millisecond; ; pause *= 2 {
		err := change(writing)
		switch {
		case err == nil:
			return
		case errors.Is(err, auth.ErrNotFound):
			log.Info("mail: another worker has taken it over")
			return
		case waitFor(writing.Done(), pause):
			log.Error("mail: what came of it could not be stored; it will be sent again", "reason", reason(err))
			return
		}
	}
}
