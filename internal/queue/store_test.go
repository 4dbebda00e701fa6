package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/queue"
)

// onEach runs a test on each database.
func onEach(t *testing.T, run func(t *testing.T, store auth.Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); run(t, authtest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { t.Parallel(); run(t, authtest.Postgres(t)) })
}

// outbox is a table of items that both databases have, as a queue.
type outbox struct{ auth.Store }

func (o outbox) Lease(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	return o.LeaseOutbox(ctx, holder, now, until, limit)
}

func (o outbox) Renew(ctx context.Context, item *auth.OutboxItem, holder uuid.UUID, until time.Time) error {
	return o.RenewLease(ctx, item.ID, holder, until)
}

func (o outbox) Settle(ctx context.Context, item *auth.OutboxItem, holder uuid.UUID, now time.Time, v queue.Verdict) error {
	switch v.Outcome {
	case queue.Done:
		return o.FinishOutbox(ctx, item.ID, holder)
	case queue.GivenUp:
		return o.AbandonOutbox(ctx, item.ID, holder, now, v.Reason)
	default:
		return o.RetryOutbox(ctx, item.ID, holder, now.Add(v.After), v.Reason)
	}
}

// clock is a time that a test advances.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

// never is what a queue waits with that looks only when it is woken.
func never(time.Duration) <-chan time.Time { return nil }

// add adds n items that are due.
func add(t *testing.T, store auth.Store, n int, at time.Time) {
	t.Helper()
	for i := range n {
		item := &auth.OutboxItem{
			ID: uuid.Must(uuid.NewV7()), Job: auth.JobPasswordReset,
			EmailKey: fmt.Sprintf("user%d@example.test", i), CreatedAt: at, DueAt: at,
		}
		if err := store.AddToOutbox(t.Context(), item); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a queue until the test ends.
func run[T any](t *testing.T, q *queue.Queue[T], worker queue.Worker[T]) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx, worker) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestTwoQueuesShareTheItems(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		at := newClock()
		const items = 30
		add(t, store, items, at.Now())
		ended := make(chan end[*auth.OutboxItem], 2*items)
		for range 2 {
			run(t, queue.New(outbox{store}, 4, at.Now, never), &worker[*auth.OutboxItem]{ended: ended})
		}
		seen := map[uuid.UUID]int{}
		for range items {
			e := <-ended
			if seen[e.item.ID]++; e.outcome != queue.Done {
				t.Errorf("got the outcome %v, want Done", e.outcome)
			}
		}
		if len(seen) != items {
			t.Errorf("got %d items in %d attempts, want each once", len(seen), items)
		}
	})
}

func TestAnItemThatFailedIsTriedAgainWhenItIsDue(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		at := newClock()
		add(t, store, 1, at.Now())
		ended := make(chan end[*auth.OutboxItem], 10)
		q := queue.New(outbox{store}, 1, at.Now, never)
		failing := &worker[*auth.OutboxItem]{ended: ended, work: func(_ context.Context, item *auth.OutboxItem) error {
			if item.Attempts < 3 {
				return errors.New("no answer")
			}
			return nil
		}}
		run(t, q, failing)
		for attempt := 1; attempt <= 3; attempt++ {
			want := queue.Retry
			if attempt == 3 {
				want = queue.Done
			}
			if e := <-ended; e.outcome != want || e.item.Attempts != attempt {
				t.Errorf("got %v at attempt %d, want %v at %d", e.outcome, e.item.Attempts, want, attempt)
			}
			at.Advance(minute)
			q.Wake()
		}
	})
}

func TestWhatADeadWorkerLeftIsTakenOver(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		at := newClock()
		add(t, store, 1, at.Now())
		dead, err := store.LeaseOutbox(t.Context(), uuid.New(), at.Now(), at.Now().Add(10*time.Second), 1)
		if err != nil || len(dead) != 1 {
			t.Fatalf("got %d items and %v, want one leased", len(dead), err)
		}
		ended := make(chan end[*auth.OutboxItem], 1)
		q := queue.New(outbox{store}, 1, at.Now, never)
		run(t, q, &worker[*auth.OutboxItem]{ended: ended})
		at.Advance(10 * time.Second)
		q.Wake()
		if e := <-ended; e.item.ID != dead[0].ID || e.outcome != queue.Done {
			t.Errorf("got the outcome %v, want Done of the item that was left", e.outcome)
		}
	})
}

func TestOneReplicaHasItsTurn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		at := newClock()
		replica := func() (turn func() bool) {
			waits, resume, turns := make(chan time.Duration), make(chan time.Time), 0
			single := queue.Single{
				Name: "test", First: time.Minute, Every: 10 * time.Minute, Store: store, Now: at.Now,
				After: func(d time.Duration) <-chan time.Time { waits <- d; return resume },
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() {
				defer close(done)
				single.Run(ctx, func(context.Context) error { turns++; return nil }, func(err error) { t.Errorf("got %v, want no failure", err) })
			}()
			t.Cleanup(func() { cancel(); <-done })
			if first := <-waits; first < 0 || first >= time.Minute {
				t.Errorf("got a first wait of %v, want less than a minute", first)
			}
			return func() bool {
				before := turns
				resume <- time.Time{}
				if wait := <-waits; wait < 9*time.Minute || wait > 11*time.Minute {
					t.Errorf("got a wait of %v, want ten minutes, give or take one", wait)
				}
				return turns > before
			}
		}
		first, second := replica(), replica()
		for _, step := range []struct {
			name    string
			turn    func() bool
			advance time.Duration
			want    bool
		}{
			{"the first", first, 0, true},
			{"the second, while the first has the lease", second, 7 * time.Minute, false},
			{"the first again", first, 0, true},
			{"the second, after the lease", second, 8 * time.Minute, true},
			{"the first, while the second has it", first, time.Minute, false},
		} {
			at.Advance(step.advance)
			if got := step.turn(); got != step.want {
				t.Errorf("%s: got a turn: %t, want %t", step.name, got, step.want)
			}
		}
	})
}
