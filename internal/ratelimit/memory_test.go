package ratelimit

// In the package itself: how much is remembered is seen nowhere else.

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func markOf(i int) (m secret.Fingerprint) {
	binary.BigEndian.PutUint64(m[:], uint64(i))
	return m
}

func TestWhatIsRememberedOfLimitsIsBounded(t *testing.T) {
	t.Parallel()
	const most = 100
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	rate := Rate{Count: 1, Period: time.Minute}

	t.Run("of refusals", func(t *testing.T) {
		r := newMemory(most)
		for i := range 50 * most {
			r.add(markOf(i), now.Add(time.Hour), now, time.Hour)
			if !r.Until(markOf(i)).After(now) {
				t.Fatal("got the last one forgotten, want it kept")
			}
			if len(r.byKey) > most {
				t.Fatalf("%d are remembered", len(r.byKey))
			}
		}
	})

	t.Run("of what is counted here", func(t *testing.T) {
		l := newLocalMeters(most)
		for i := range 50 * most {
			m := meter{id: markOf(i), use: Use{Rate: rate}}
			if _, ok := l.take(m, now); !ok {
				t.Fatal("got a refusal of a new one, want none")
			}
			if wait, ok := l.take(m, now); ok || wait != time.Minute {
				t.Fatalf("the last one is forgotten, or waits %v", wait)
			}
			if len(l.fullAt) > most {
				t.Fatalf("%d are remembered", len(l.fullAt))
			}
		}
	})

	t.Run("and what is over is forgotten by and by", func(t *testing.T) {
		r, l := newMemory(10*most), newLocalMeters(10*most)
		for i := range 3 * most {
			now = now.Add(2 * time.Hour)
			r.add(markOf(i), now.Add(time.Minute), now, time.Hour)
			l.take(meter{id: markOf(i), use: Use{Rate: rate}}, now)
		}
		if len(r.byKey) > 2 || len(l.fullAt) > 2 {
			t.Errorf("%d and %d are remembered", len(r.byKey), len(l.fullAt))
		}
	})
}

func TestTheWaitQueueIsBounded(t *testing.T) {
	t.Parallel()
	l := newWaitQueue()
	var waiters []*waiter
	for i := range queueLength + 1 {
		p := &waiter{queue: l, nudge: make(chan struct{}, 1)}
		if joined := p.join(markOf(1)); joined != (i < queueLength) {
			t.Fatalf("waiter %d joined: got %v", i, joined)
		}
		waiters = append(waiters, p)
	}
	if p := l.enter(markOf(2), markOf(1)); p.await(t.Context()) == nil {
		t.Error("got one more to wait, want it refused")
	}
	if p := l.enter(markOf(2)); p.await(t.Context()) != nil {
		t.Error("got a refusal of what needs nothing, want none")
	}
	for _, p := range waiters {
		p.leave()
	}
	if len(l.byMeter) > 0 || l.total != 0 {
		t.Errorf("%d lines are left, with %d waiters", len(l.byMeter), l.total)
	}
}

func TestTheFirstOfALineIsTheNext(t *testing.T) {
	t.Parallel()
	l := newWaitQueue()
	first := &waiter{queue: l, nudge: make(chan struct{}, 1)}
	first.join(markOf(1))
	second := l.enter(markOf(1))
	third := l.enter(markOf(1))
	if err := first.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	order := make(chan int, 2)
	go func() {
		if third.await(t.Context()) == nil {
			order <- 3
		}
	}()
	go func() {
		if second.await(t.Context()) == nil {
			order <- 2
			third.queue.wake(markOf(1)) // it is not the third's turn yet
			second.leave()
		}
	}()
	first.leave()
	for _, want := range []int{2, 3} {
		if got := <-order; got != want {
			t.Errorf("it is the turn of %d, want %d", got, want)
		}
	}
	third.leave()
}
