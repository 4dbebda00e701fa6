package queue

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// lease is an item that is ours for a while.
type lease[T any] struct {
	item   T
	holder uuid.UUID
	until  time.Time
}

// attempt works on one item and settles it.
func (q *Queue[T]) attempt(ctx context.Context, worker Worker[T], l *lease[T]) {
	outcome := TakenOver
	ctx, a := worker.Begin(ctx, l.item)
	defer func() { a.Ended(outcome) }()

	working, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		q.renew(working, l, stop)
	}()
	err := a.Work(working)
	lost := errors.Is(context.Cause(working), ErrLost)
	stop(nil)
	<-renewed

	if err != nil && lost {
		a.Lost()
		return
	}
	outcome = q.settle(ctx, a, l, err)
}

// renew keeps the lease until ctx ends, and ends it by stop when the lease is lost.
func (q *Queue[T]) renew(ctx context.Context, l *lease[T], stop context.CancelCauseFunc) {
	until := l.until
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.after(renewEvery):
		}
		next := q.now().Add(leaseFor)
		switch err := q.renewOnce(ctx, l, next); {
		case err == nil:
			until = next
		case errors.Is(err, ErrLost), !q.now().Before(until):
			stop(ErrLost)
			return
		}
	}
}

func (q *Queue[T]) renewOnce(ctx context.Context, l *lease[T], until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	return q.store.Renew(ctx, l.item, l.holder, until)
}

// settle has an item judged, stores the verdict, and returns what came of the attempt.
func (q *Queue[T]) settle(ctx context.Context, a Attempt, l *lease[T], err error) Outcome {
	now := q.now()
	verdict := a.Judge(err, now)
	if verdict.Look {
		defer q.Wake()
	}
	if verdict.Outcome == Retry && errors.Is(context.Cause(ctx), ErrInterrupted) {
		verdict.After, verdict.Interrupted = 0, true // any replica that still runs may have it at once
	}
	a.Settling(verdict)
	q.write(ctx, a, func(ctx context.Context) error {
		return q.store.Settle(ctx, l.item, l.holder, now, verdict)
	})
	return verdict.Outcome
}

// write changes the store, and tries for a while if it cannot be reached, because an item that is not
// settled is worked on again. It does so even when ctx has ended, if only briefly.
func (q *Queue[T]) write(ctx context.Context, a Attempt, change func(context.Context) error) {
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
		case errors.Is(err, ErrLost):
			a.Lost()
			return
		case q.waitFor(writing.Done(), pause):
			a.Unsettled(err)
			return
		}
	}
}
