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
	r := newReadiness(readyFor, func(ctx context.Context) error {
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
	r := newReadiness(readyFor, func(ctx context.Context) error {
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

// countedDatabase is ready, and counts what it is asked.
type countedDatabase struct {
	reads, commits int
	full           error
}

func (d *countedDatabase) Ready(context.Context) error { d.reads++; return nil }

func (d *countedDatabase) Commits(context.Context, time.Time) error { d.commits++; return d.full }

// TestReadinessCommitsSeldom asks ten times a second for a minute, and fills the disk in the middle.
func TestReadinessCommitsSeldom(t *testing.T) {
	now := time.Unix(1, 0)
	db := &countedDatabase{}
	check := readinessOf(db, func() time.Time { return now })
	for step := range 600 {
		if step == 300 {
			db.full = errors.New("the disk is full")
		}
		if err := check(t.Context()); (err != nil) != (step >= 300) {
			t.Fatalf("got %v after %v, want an error from 30 s on", err, time.Duration(step)*100*time.Millisecond)
		}
		now = now.Add(100 * time.Millisecond)
	}
	if db.reads != 60 || db.commits != 12 {
		t.Errorf("got %d questions and %d commits in a minute, want 60 and 12", db.reads, db.commits)
	}
}
