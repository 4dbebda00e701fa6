package app

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestReadinessIsNoLever(t *testing.T) {
	now, asked, answer := time.Unix(1, 0), 0, error(nil)
	r := newReadiness(func(ctx context.Context) error {
		asked++
		if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
			t.Error("the database has no time of its own")
		}
		return answer
	}, func() time.Time { return now })

	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if err := r.check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if asked != 1 {
		t.Errorf("the database was asked %d times", asked)
	}

	answer = errors.New("down")
	now = now.Add(readyFor - 1)
	if err := r.check(t.Context()); err != nil {
		t.Errorf("too soon: %v", err)
	}
	now = now.Add(1)
	for range 2 {
		if err := r.check(t.Context()); !errors.Is(err, answer) {
			t.Errorf("got %v", err)
		}
	}
	if asked != 2 {
		t.Errorf("the database was asked %d times", asked)
	}
}

// TestWhoeverLeavesSpoilsNoAnswerForTheOthers has the one that asks the database leave before it answers.
func TestWhoeverLeavesSpoilsNoAnswerForTheOthers(t *testing.T) {
	leaving, leave := context.WithCancel(t.Context())
	r := newReadiness(func(ctx context.Context) error {
		leave()
		return ctx.Err()
	}, func() time.Time { return time.Unix(1, 0) })
	if err := r.check(leaving); err != nil {
		t.Errorf("got %v for the one that leaves, want none: the answer is for all", err)
	}
	if err := r.check(t.Context()); err != nil {
		t.Errorf("got %v for the next one, want none", err)
	}
}
