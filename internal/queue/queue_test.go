package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/queue"
)

const minute = time.Minute

var errNoAnswer = errors.New("no answer")

// end is what came of an attempt.
type end[T any] struct {
	item    T
	outcome queue.Outcome
}

// worker does what it is told to, tries again what failed, and tells what came of it.
type worker[T any] struct {
	work  func(ctx context.Context, item T) error // nil: nothing
	ended chan end[T]

	mutex                              sync.Mutex
	lost, back, stuck, taken, unstored int
	verdicts                           []queue.Verdict
}

type attempt[T any] struct {
	*worker[T]
	item T
}

func (w *worker[T]) count(n *int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	*n++
}

func (w *worker[T]) Begin(ctx context.Context, item T) (context.Context, queue.Attempt) {
	return ctx, &attempt[T]{w, item}
}
func (w *worker[T]) StoreLost(error)         { w.count(&w.lost) }
func (w *worker[T]) StoreBack(time.Duration) { w.count(&w.back) }
func (w *worker[T]) Stuck()                  { w.count(&w.stuck) }

func (a *attempt[T]) Work(ctx context.Context) error {
	if a.work == nil {
		return nil
	}
	return a.work(ctx, a.item)
}

func (a *attempt[T]) Judge(err error, _ time.Time) queue.Verdict {
	if err != nil {
		return queue.Verdict{Outcome: queue.Retry, After: minute, Reason: err.Error()}
	}
	return queue.Verdict{Outcome: queue.Done}
}

func (a *attempt[T]) Settling(v queue.Verdict) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.verdicts = append(a.verdicts, v)
}
func (a *attempt[T]) Lost()                       { a.count(&a.taken) }
func (a *attempt[T]) Unsettled(error)             { a.count(&a.unstored) }
func (a *attempt[T]) Ended(outcome queue.Outcome) { a.ended <- end[T]{a.item, outcome} }

// shelf is a store of one item, which can be out of reach.
type shelf struct {
	mutex   sync.Mutex
	due     time.Time
	holder  uuid.UUID
	until   time.Time
	done    bool
	down    bool
	settled int
}

func (s *shelf) do(change func() error) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.down {
		return errNoAnswer
	}
	return change()
}

// settlements returns how often the item was settled, and whether it is done.
func (s *shelf) settlements() (settled int, done bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.settled, s.done
}

func (s *shelf) setDown(down bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.down = down
}

func (s *shelf) Lease(_ context.Context, holder uuid.UUID, now, until time.Time, _ int) (items []string, err error) {
	err = s.do(func() error {
		if !s.done && !s.due.After(now) && !s.until.After(now) {
			s.holder, s.until, items = holder, until, []string{"item"}
		}
		return nil
	})
	return items, err
}

func (s *shelf) held(holder uuid.UUID, change func()) error {
	return s.do(func() error {
		if s.done || s.holder != holder {
			return queue.ErrLost
		}
		change()
		return nil
	})
}

func (s *shelf) Renew(_ context.Context, _ string, holder uuid.UUID, until time.Time) error {
	return s.held(holder, func() { s.until = until })
}

func (s *shelf) Settle(_ context.Context, _ string, holder uuid.UUID, now time.Time, v queue.Verdict) error {
	return s.held(holder, func() {
		s.settled++
		s.done, s.due, s.holder, s.until = v.Outcome != queue.Retry, now.Add(v.After), uuid.Nil, time.Time{}
	})
}

// start runs a queue on a shelf in a bubble of testing/synctest; the function returned stops it.
func start(s *shelf, w *worker[string]) (stop func()) {
	w.ended = make(chan end[string], 100)
	q := queue.New(s, 2, time.Now, time.After)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx, w) }()
	return func() { cancel(); <-done }
}

// pass lets time pass in the bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in the time of the bubble
	synctest.Wait()
}

// slow takes as long as given, unless it is told to stop.
func slow(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func TestALeaseIsRenewedWhileItsItemIsWorkedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, other := &shelf{}, &worker[string]{work: slow(minute)}, &worker[string]{}
		stop := start(s, w)
		pass(0)
		stopOther := start(s, other)
		pass(2 * minute)
		stop()
		stopOther()
		if len(w.ended) != 1 || len(other.ended) != 0 || s.settled != 1 {
			t.Errorf("got %d attempts, %d of the other queue and %d settled, want 1, 0 and 1", len(w.ended), len(other.ended), s.settled)
		}
	})
}

func TestAnAttemptStopsWhenItsLeaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := &shelf{}, &worker[string]{work: slow(time.Hour)}
		stop := start(s, w)
		pass(time.Second)
		s.setDown(true) // it cannot renew
		pass(15 * time.Second)
		if e := <-w.ended; e.outcome != queue.TakenOver || w.taken != 1 || len(w.verdicts) != 0 {
			t.Errorf("got the outcome %v, %d taken over and the verdicts %v, want TakenOver, 1 and none", e.outcome, w.taken, w.verdicts)
		}
		stop()
	})
}

// TestASlowWorkerSettlesNothingThatWasLeasedAnew has an attempt that does not stop when its lease is lost, and ends
// while the same queue works on the item again.
func TestASlowWorkerSettlesNothingThatWasLeasedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		attempts := 0
		w := &worker[string]{}
		w.work = func(ctx context.Context, item string) error {
			w.count(&attempts)
			if attempts == 1 {
				s.setDown(true) // it cannot renew
				time.AfterFunc(15*time.Second, func() { s.setDown(false) })
				return slow(minute)(context.WithoutCancel(ctx), item)
			}
			return slow(10*minute)(ctx, item)
		}
		stop := start(s, w)
		pass(2 * minute)
		e := <-w.ended
		if settled, done := s.settlements(); attempts != 2 || settled != 0 || done || w.taken != 1 {
			t.Errorf("got %d attempts, %d settled, done: %t and %d taken over after the outcome %v, want 2, 0, false and 1",
				attempts, settled, done, w.taken, e.outcome)
		}
		pass(10 * minute)
		e = <-w.ended
		if settled, done := s.settlements(); e.outcome != queue.Done || settled != 1 || !done {
			t.Errorf("got the outcome %v, %d settled and done: %t, want Done, 1 and true", e.outcome, settled, done)
		}
		stop()
	})
}

func TestAnOutageIsToldOnceAndWhatWasDoneIsSettledAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		w := &worker[string]{work: func(context.Context, string) error {
			s.setDown(true)
			time.AfterFunc(3*time.Second, func() { s.setDown(false) })
			return nil
		}}
		stop := start(s, w)
		pass(minute)
		stop()
		if w.lost != 1 || w.back != 1 || w.unstored != 0 || s.settled != 1 {
			t.Errorf("got %d outages begun, %d ended, %d unsettled and %d settled, want 1, 1, 0 and 1", w.lost, w.back, w.unstored, s.settled)
		}
	})
}

func TestWhatIsInterruptedIsHandedBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := &shelf{}, &worker[string]{work: slow(time.Hour)}
		stop := start(s, w)
		pass(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("got a stop after %v, want ten seconds", took)
		}
		want := queue.Verdict{Outcome: queue.Retry, Reason: queue.ErrInterrupted.Error(), Interrupted: true}
		if len(w.verdicts) != 1 || w.verdicts[0] != want || s.due.After(time.Now()) {
			t.Errorf("got the verdicts %+v, due at %v, want %+v, due now", w.verdicts, s.due, want)
		}
	})
}

func TestBackoff(t *testing.T) {
	b := queue.Backoff{First: 2 * time.Second, Most: 15 * minute}
	if got := b.After(1); got != 2*time.Second {
		t.Errorf("got %v after the first attempt, want 2s", got)
	}
	longest := 2 * time.Second
	for attempts := 2; attempts < 100; attempts++ {
		longest = min(2*longest, 15*minute)
		if got := b.After(attempts); got < longest/2 || got > longest {
			t.Errorf("got %v after %d attempts, want %v to %v", got, attempts, longest/2, longest)
		}
	}
}
