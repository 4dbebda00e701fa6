package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("events", events)
	_ = newHeap(auth.ExpiredEvents, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		e := newHappening()
		e.At = moment
		must(t, s.AddEvent(t.Context(), e))
		numberAll(t, s)
		return func() bool {
			read, err := s.EventsAfter(t.Context(), 0, 100)
			must(t, err)
			for _, other := range read {
				if other.ID == e.ID {
					return true
				}
			}
			return false
		}
	})
	_ = newCalls(calls{
		"AddEvent":     func(ctx context.Context, s rows) error { return s.AddEvent(ctx, newHappening()) },
		"NumberEvents": func(ctx context.Context, s rows) error { _, err := s.NumberEvents(ctx, 1); return err },
		"EventsAfter":  func(ctx context.Context, s rows) error { _, err := s.EventsAfter(ctx, 0, 1); return err },
		"HasNewEvents": func(ctx context.Context, s rows) error { _, err := s.HasNewEvents(ctx); return err },
	})
)

// newHappening returns an event as it is before it has a number.
func newHappening() *auth.Event {
	return &auth.Event{ID: newID(), Kind: "user.signed_in", At: noon, UserID: newID(), SessionID: newID()}
}

// numberAll numbers all events, and returns how many those are that had no number.
func numberAll(t *testing.T, s auth.Store) int {
	t.Helper()
	numbered, err := s.NumberEvents(t.Context(), 100)
	must(t, err)
	return numbered
}

func events(t *testing.T, open Open) {
	t.Run("an event comes back as it was added, with its number", func(t *testing.T) {
		s := open(t)
		first, second := newHappening(), newHappening()
		second.UserID, second.SessionID = uuid.Nil, uuid.Nil
		must(t, s.AddEvent(t.Context(), second)) // the order of ids counts among those that are numbered together
		must(t, s.AddEvent(t.Context(), first))
		read, err := s.EventsAfter(t.Context(), 0, 10)
		must(t, err)
		if some, err := s.HasNewEvents(t.Context()); err != nil || !some || len(read) != 0 {
			t.Errorf("got new events: %t, error %v, and %d to read, want true, none and none", some, err, len(read))
		}
		first.Number, second.Number = 1, 2
		if n := numberAll(t, s); n != 2 {
			t.Errorf("got %d events numbered, want 2", n)
		}
		if some, err := s.HasNewEvents(t.Context()); err != nil || some {
			t.Errorf("got new events: %t, error %v, want false and none", some, err)
		}
		if n := numberAll(t, s); n != 0 {
			t.Errorf("got %d events numbered again, want none", n)
		}

		for number, want := range [][]*auth.Event{{first, second}, {second}, {}} {
			read, err := s.EventsAfter(t.Context(), int64(number), 10)
			must(t, err)
			same(t, want, read)
		}
		read, err = s.EventsAfter(t.Context(), 0, 1)
		must(t, err)
		same(t, []*auth.Event{first}, read)
	})

	t.Run("a number is never given again", func(t *testing.T) {
		s := open(t)
		must(t, s.AddEvent(t.Context(), newHappening()))
		numberAll(t, s)
		if n := discardAt(t, s, auth.ExpiredEvents, noon, 10); n != 1 {
			t.Fatalf("got %d discarded, want 1", n)
		}
		must(t, s.AddEvent(t.Context(), newHappening()))
		numberAll(t, s)
		got, err := s.EventsAfter(t.Context(), 0, 10)
		must(t, err)
		if len(got) != 1 || got[0].Number != 2 {
			t.Errorf("got %v, want one event with the number 2", got)
		}
	})

	t.Run("whoever keeps up misses none and sees none twice, however many write and number at once", func(t *testing.T) {
		s := open(t)
		const writers, each, readers = 10, 10, 3
		var writing, reading sync.WaitGroup
		for range writers {
			writing.Go(func() {
				for range each {
					if err := s.InTx(t.Context(), func(tx auth.Tx) error { return tx.Events().AddEvent(t.Context(), newHappening()) }); err != nil {
						t.Errorf("add: %v", err)
					}
				}
			})
		}
		written := make(chan struct{})
		for range readers {
			reading.Go(func() {
				seen, last := map[uuid.UUID]bool{}, int64(0)
				for over := false; ; {
					if _, err := s.NumberEvents(t.Context(), 7); err != nil {
						t.Errorf("number: %v", err)
						return
					}
					read, err := s.EventsAfter(t.Context(), last, 5)
					if err != nil {
						t.Errorf("read: %v", err)
						return
					}
					for _, e := range read {
						seen[e.ID], last = true, e.Number
					}
					if over && len(read) == 0 {
						break
					}
					select {
					case <-written:
						over = true
					default:
					}
				}
				if len(seen) != writers*each || last != writers*each {
					t.Errorf("got %d events up to the number %d, want %d", len(seen), last, writers*each)
				}
			})
		}
		writing.Wait()
		close(written)
		reading.Wait()
	})
}
