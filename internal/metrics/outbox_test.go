package metrics_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/metrics"
)

// gathered returns how many metrics a collector gives, and whether it says that the database is up.
func gathered(t *testing.T, c prometheus.Collector) (count int, up bool) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		count += len(family.GetMetric())
		if family.GetName() == "latchkey_database_up" {
			up = family.GetMetric()[0].GetGauge().GetValue() == 1
		}
	}
	return count, up
}

func TestTheOutboxIsAskedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		outbox := metrics.NewOutbox(answers, func(context.Context, time.Time) (auth.OutboxDepth, error) {
			asked++
			return auth.OutboxDepth{}, nil
		}, time.Now)
		for range 10 {
			if count, up := gathered(t, outbox); count != 5 || !up {
				t.Errorf("%d metrics, up: %v", count, up)
			}
		}
		if asked != 1 {
			t.Errorf("ten scrapes at once asked %d times", asked)
		}
		pass(5 * time.Second)
		gathered(t, outbox)
		if asked != 2 {
			t.Errorf("after 5 s it was asked %d times", asked)
		}
	})
}

// answers is what a database does that is up.
func answers(context.Context) error { return nil }

func TestAnOutboxTooLargeToBeCountedIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := true
		outbox := metrics.NewOutbox(answers, func(ctx context.Context, _ time.Time) (auth.OutboxDepth, error) {
			if !large {
				return auth.OutboxDepth{}, nil
			}
			<-ctx.Done()
			return auth.OutboxDepth{Due: 7}, ctx.Err()
		}, time.Now)
		begun := time.Now()
		if count, up := gathered(t, outbox); count != 1 || !up {
			t.Errorf("%d metrics, up: %v, want that it is up and nothing else", count, up)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("the scrape took %v", took)
		}
		large = false
		pass(5 * time.Second)
		if count, up := gathered(t, outbox); count != 5 || !up {
			t.Errorf("afterwards %d metrics, up: %v", count, up)
		}
	})
}

func TestAnOutageLeavesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := true
		outbox := metrics.NewOutbox(func(ctx context.Context) error {
			if !hangs {
				return nil
			}
			<-ctx.Done() // a database that is frozen
			return errors.New("store: down")
		}, func(context.Context, time.Time) (auth.OutboxDepth, error) { return auth.OutboxDepth{Due: 7}, nil }, time.Now)
		begun := time.Now()
		if count, up := gathered(t, outbox); count != 1 || up {
			t.Errorf("%d metrics, up: %v, want that it is down and nothing else", count, up)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("the scrape took %v", took)
		}
		hangs = false
		pass(5 * time.Second)
		if count, up := gathered(t, outbox); count != 5 || !up {
			t.Errorf("afterwards %d metrics, up: %v", count, up)
		}
	})
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in the bubble this is no waiting, it sets the clock
}
