// Package queue works off what is due: it leases items, renews the leases while it works, and settles each
// item when the work ends. Any number of queues, in any number of processes, share one store. Single does
// something on one replica at a time.
//
// It knows neither what the items are nor where they are stored: a Store keeps them, and a Worker works on
// them and says what becomes of one that failed. It waits with a function that it is given, so that
// a test decides how time passes.
//
// An item is worked on at least once, and twice only if its worker died, or lost the store, before it
// settled the item.
package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
)

// How long a queue holds things and waits for them.
const (
	leaseFor      = 10 * time.Second // how long an item is ours without a renewal
	renewEvery    = leaseFor / 3
	lookEvery     = time.Second // without being woken; at most a quarter more or less
	outageMax     = 5 * time.Second
	settleFor     = 10 * time.Second // how long to try to settle an item
	shutdownGrace = 10 * time.Second // for what is being worked on when the program stops
	interruptFor  = 2 * time.Second  // for settling what was interrupted
)

// Store keeps the items. What a holder does after it lost its lease changes nothing and returns ErrLost.
type Store[T any] interface {
	// Lease leases up to limit items that are due and that nothing else holds at now. None is no error.
	Lease(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]T, error)
	Renew(ctx context.Context, item T, holder uuid.UUID, until time.Time) error
	// Settle does what the verdict says, as of now, and ends the lease. It may be called again after
	// an error.
	Settle(ctx context.Context, item T, holder uuid.UUID, now time.Time, verdict Verdict) error
}

// Worker works on items, several at once.
type Worker[T any] interface {
	// Begin begins an attempt to work on an item. The attempt runs in the context that Begin returns.
	Begin(ctx context.Context, item T) (context.Context, Attempt)
	// StoreLost is called when an outage of the store begins, and StoreBack when it ends.
	StoreLost(err error)
	StoreBack(after time.Duration)
	// Stuck is called when an attempt did not stop when it was interrupted.
	Stuck()
}

// Attempt is one try at an item.
type Attempt interface {
	// Work does it. Its context ends when the lease is lost, or with the cause ErrInterrupted.
	Work(ctx context.Context) error
	// Judge says what becomes of the item after Work returned err, which may be nil.
	Judge(err error, now time.Time) Verdict
	// Settling is called before the verdict is stored.
	Settling(verdict Verdict)
	// Lost is called when another worker has taken the item over.
	Lost()
	// Unsettled is called when the verdict could not be stored; the item will be worked on again.
	Unsettled(err error)
	// Ended is called last, with what came of the attempt.
	Ended(outcome Outcome)
}

// Outcome is what came of an attempt.
type Outcome int

// What may come of an attempt.
const (
	TakenOver Outcome = iota // another worker has the item by now
	Done
	Retry
	GivenUp
)

// Verdict is what becomes of an item after an attempt.
type Verdict struct {
	Outcome     Outcome       // Done, Retry or GivenUp
	After       time.Duration // until the next attempt, for Retry
	Reason      string        // for operators, unless it is Done
	Interrupted bool          // the program stops: it is due again at once, whatever After was
	Release     bool          // other items must not wait for this one any longer, for Retry
	Look        bool          // others may be due now: look again at once
}

var (
	// ErrLost says that the lease of an item belongs to another holder, or that the item does not
	// exist any more.
	ErrLost = errors.New("the lease is lost")

	// ErrInterrupted is the cause with which the context of an attempt ends when the program stops.
	ErrInterrupted = errors.New("the program stops")
)

// Queue works off the items of a store.
type Queue[T any] struct {
	store   Store[T]
	workers int // items worked on at once
	now     func() time.Time
	after   func(time.Duration) <-chan time.Time
	woken   chan struct{}
}

// New returns a queue that has to be Run. By now it judges what is due; it waits with after, which is
// time.After outside of tests. The calls of the store are bounded by the runtime's clock.
func New[T any](store Store[T], workers int, now func() time.Time, after func(time.Duration) <-chan time.Time) *Queue[T] {
	return &Queue[T]{store: store, workers: workers, now: now, after: after, woken: make(chan struct{}, 1)}
}

// Wake makes the queue look for items now. It never blocks.
func (q *Queue[T]) Wake() {
	select {
	case q.woken <- struct{}{}:
	default: // it has been told already
	}
}

// Run works until ctx ends. Then it starts nothing more, gives the attempts that run 10 s to end,
// interrupts the rest, and returns. When the store cannot be reached it waits and tries again.
func (q *Queue[T]) Run(ctx context.Context, worker Worker[T]) {
	working, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)

	free := make(chan struct{}, q.workers) // holds one for each worker that has nothing to do
	for range q.workers {
		free <- struct{}{}
	}
	var running sync.WaitGroup
	var down outage
	for {
		leased, full, err := q.lease(ctx, free)
		if ctx.Err() != nil && len(leased) == 0 {
			break
		}
		note(&down, worker, err, q.now())
		for _, l := range leased {
			running.Go(func() {
				defer func() { free <- struct{}{} }()
				q.attempt(working, worker, l)
			})
		}
		if !full && !q.wait(ctx, down.pause()) {
			break
		}
	}

	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	if q.waitFor(finished, shutdownGrace) {
		return
	}
	interrupt(ErrInterrupted)
	if !q.waitFor(finished, interruptFor+time.Second) {
		worker.Stuck()
	}
}

// lease takes as many items as there are free workers, and waits for one of them if there is none.
// Full says that there may be more to take. Items that are returned have a worker taken from free
// each, whatever the error.
func (q *Queue[T]) lease(ctx context.Context, free chan struct{}) (leased []*lease[T], full bool, err error) {
	select {
	case <-free:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	limit := 1
	for limit < q.workers && len(free) > 0 { // nothing else takes from it
		<-free
		limit++
	}

	// A new holder each time, so that a worker that was too slow is not taken for its successor.
	holder, now := uuid.New(), q.now()
	asking, cancel := context.WithTimeout(ctx, leaseFor)
	items, err := q.store.Lease(asking, holder, now, now.Add(leaseFor), limit)
	cancel()
	for range limit - len(items) {
		free <- struct{}{}
	}
	for _, item := range items {
		leased = append(leased, &lease[T]{item: item, holder: holder, until: now.Add(leaseFor)})
	}
	return leased, len(items) == limit, err
}

// wait returns when the store is worth another look: true, or false when ctx has ended.
func (q *Queue[T]) wait(ctx context.Context, about time.Duration) bool {
	select {
	case <-q.woken:
	case <-q.after(jitter(about*3/4, about*5/4)):
	case <-ctx.Done():
		return false
	}
	return ctx.Err() == nil
}

// waitFor waits until done is closed, but no longer than d, and reports whether it was.
func (q *Queue[T]) waitFor(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return true
	case <-q.after(d):
		return false
	}
}
