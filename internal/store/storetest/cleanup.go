package storetest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

var (
	_ = newPart("clean-up", cleanUp)
	_ = newPart("leases", leases)
	_ = newCalls(calls{
		"Discard": func(ctx context.Context, s rows) error {
			_, err := s.Discard(ctx, auth.ExpiredTokens, noon, 1)
			return err
		},
		"TakeLease": func(ctx context.Context, s rows) error {
			_, err := s.TakeLease(ctx, "lease", newID(), noon, noon)
			return err
		},
	})
)

// discardAt discards what has come to its moment at noon.
func discardAt(t *testing.T, s auth.Store, what auth.ExpiredKind, upTo time.Time, limit int) int {
	t.Helper()
	n, err := s.Discard(t.Context(), what, upTo, limit)
	must(t, err)
	return n
}

// heap makes a row of a kind that expires, whose moment is the time given, and says whether it is still there.
type heap func(t *testing.T, s auth.Store, moment time.Time) (there func() bool)

// newHeap adds the heap of a kind to heaps and returns the kind. The file of the feature calls it.
func newHeap(kind auth.ExpiredKind, h heap) auth.ExpiredKind {
	heaps[kind] = h
	return kind
}

// heaps has a heap of each kind that Discard removes. newHeap adds to it.
var heaps = map[auth.ExpiredKind]heap{
	auth.ExpiredTokens: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		token := newToken(addUser(t, s).ID, uuid.Nil)
		token.ExpiresAt = moment
		must(t, s.CreateToken(t.Context(), token))
		return func() bool { _, err := s.TokenByDigest(t.Context(), token.Purpose, token.Digest); return found(t, err) }
	},
	auth.ExpiredSignUps: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		signUp := newSignUp(email())
		signUp.ExpiresAt = moment
		must(t, s.CreateSignUp(t.Context(), signUp))
		addToken(t, s, uuid.Nil, signUp.ID)
		return func() bool { _, err := s.SignUpByID(t.Context(), signUp.ID); return found(t, err) }
	},
	auth.ExpiredCodes: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		code := newCode()
		code.CreatedAt = moment
		must(t, s.CreateCode(t.Context(), code))
		return func() bool { return s.CreateCode(t.Context(), code) != nil } // its id is taken
	},
	auth.ExpiredWrongCodes: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		nobodys, somebodys := email().Canonical, addUser(t, s).Email.Canonical
		for _, key := range []string{nobodys, somebodys} {
			_, err := s.CountWrongCode(t.Context(), key, moment, time.Time{})
			must(t, err)
		}
		return func() bool {
			count, err := s.WrongCodes(t.Context(), somebodys, time.Time{})
			must(t, err)
			if count != 1 {
				t.Error("the count of a user's address is gone")
			}
			count, err = s.WrongCodes(t.Context(), nobodys, time.Time{})
			must(t, err)
			return count > 0
		}
	},
	auth.ExpiredIdleSessions: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		session := newSession(addUser(t, s).ID)
		session.LastSeenAt = moment
		return addedSession(t, s, session)
	},
	auth.ExpiredOldSessions: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		session := newSession(addUser(t, s).ID)
		session.LastSeenAt, session.EndsAt = noon.AddDate(1, 0, 0), moment
		return addedSession(t, s, session)
	},
	auth.ExpiredMail: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		item, holder := addMail(t, s, noon), newID()
		wantItems(t, leaseAt(t, s, holder, noon, 1), item)
		must(t, s.AbandonOutbox(t.Context(), item.ID, holder, moment, "550 no such user"))
		return func() bool { // nobody can read what was abandoned, but its id is taken
			return s.AddToOutbox(t.Context(), item) != nil
		}
	},
	auth.ExpiredDevices: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		u := addUser(t, s).ID
		meet(t, s, u, "old", moment)
		meet(t, s, u, "new", moment.Add(time.Microsecond))
		return func() bool { fromIt, _ := meet(t, s, u, "old", moment); return !fromIt.IsZero() }
	},
	auth.ExpiredLimits: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		m := meter(1, false)
		gets(t, s, moment.Add(-m.Interval), m)
		return func() bool { // to a clock that is behind, nobody has taken any
			_, short := taken(t, s, moment.Add(-m.Interval), m)
			return len(short) > 0
		}
	},
	auth.ExpiredHolds: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		m, attempt := meter(1, true), newID()
		take := func() []ratelimit.Shortage {
			short, err := s.TakeUnits(t.Context(), attempt, []ratelimit.Meter{m}, moment.Add(-time.Second), moment)
			must(t, err)
			return short
		}
		take()
		return func() bool { return len(take()) > 0 }
	},
	auth.ExpiredKnownDevices: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		mark := digest()
		must(t, s.RememberDevice(t.Context(), addUser(t, s).ID, [][]byte{mark}, moment))
		return func() bool {
			known, err := s.IsDeviceKnown(t.Context(), [][]byte{mark}, time.Time{})
			must(t, err)
			return known
		}
	},
	auth.ExpiredAuditEvents: func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		event := newEvent(newID(), moment)
		must(t, s.AddAuditEvent(t.Context(), event))
		return func() bool {
			events, err := s.AuditEvents(t.Context(), event.UserID, time.Time{}, uuid.Nil, 1)
			must(t, err)
			return len(events) == 1
		}
	},
}

// Heaps returns the kinds whose removal the suite tests, in alphabetical order.
func Heaps() []auth.ExpiredKind { return slices.Sorted(maps.Keys(heaps)) }

func addedSession(t *testing.T, s auth.Store, session *auth.Session) func() bool {
	must(t, s.CreateSession(t.Context(), session))
	return func() bool { _, _, err := s.SessionByDigest(t.Context(), session.TokenDigest); return found(t, err) }
}

// found makes a bool of absence.
func found(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		want(t, auth.ErrNotFound, err)
	}
	return err == nil
}

func cleanUp(t *testing.T, open Open) {
	for what, heap := range heaps {
		t.Run("of "+string(what)+" go those whose moment has come, no more at once than asked for", func(t *testing.T) {
			s := open(t)
			var old []func() bool
			for i := range 5 {
				old = append(old, heap(t, s, noon.Add(-time.Duration(i)*time.Hour)))
			}
			young := heap(t, s, noon.Add(time.Millisecond))
			if n := discardAt(t, s, what, noon, 0); n != 0 {
				t.Errorf("%d went of none", n)
			}
			for _, wanted := range []int{2, 2, 1, 0} {
				if n := discardAt(t, s, what, noon, 2); n != wanted {
					t.Errorf("%d went, want %d", n, wanted)
				}
			}
			for _, there := range old {
				if there() {
					t.Error("got one left whose moment has come, want it deleted")
				}
			}
			if !young() {
				t.Error("got one deleted whose moment has not come, want it kept")
			}
		})
	}

	t.Run("nothing goes of a kind that is not known", func(t *testing.T) {
		_, err := open(t).Discard(t.Context(), "users", noon, 1)
		refused(t, err)
	})

	t.Run("mail that is still to be sent stays, however old it is", func(t *testing.T) {
		s := open(t)
		waits, leased := addMail(t, s, noon.AddDate(-1, 0, 1)), addMail(t, s, noon.AddDate(-1, 0, 0))
		holder := newID()
		wantItems(t, leaseAt(t, s, holder, noon, 1), leased)
		if n := discardAt(t, s, auth.ExpiredMail, noon.AddDate(1, 0, 0), 10); n != 0 {
			t.Errorf("%d mails went", n)
		}
		must(t, s.FinishOutbox(t.Context(), leased.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon, 1), waits)
	})

	t.Run("the last client of a user stays, so that it is known whether there was one", func(t *testing.T) {
		s := open(t)
		u := addUser(t, s).ID
		meet(t, s, u, "old", noon)
		meet(t, s, u, "last", noon.Add(time.Hour))
		if n := discardAt(t, s, auth.ExpiredDevices, noon.AddDate(1, 0, 0), 10); n != 1 {
			t.Errorf("%d clients went, want 1", n)
		}
		if _, fromAny := meet(t, s, u, "new", noon.AddDate(1, 0, 0)); !fromAny.Equal(utc(noon.Add(time.Hour))) {
			t.Errorf("the last login was at %v", fromAny)
		}
	})

	t.Run("those who discard at once share the work", func(t *testing.T) {
		s := open(t)
		u := addUser(t, s).ID
		const rows = 60
		for range rows {
			addSession(t, s, u)
		}
		removed, errs := atOnce(6, func(int) (total int, err error) {
			for {
				n, err := s.Discard(t.Context(), auth.ExpiredOldSessions, noon.AddDate(1, 0, 0), 7)
				total += n
				if n == 0 || err != nil {
					return total, err
				}
			}
		})
		count(t, errs, nil)
		total := 0
		for _, n := range removed {
			total += n
		}
		if total != rows {
			t.Errorf("%d rows were counted, want %d", total, rows)
		}
	})
}

func leases(t *testing.T, open Open) {
	s := open(t)
	take := func(t *testing.T, name string, holder uuid.UUID, now, until time.Time) bool {
		t.Helper()
		taken, err := s.TakeLease(t.Context(), name, holder, now, until)
		must(t, err)
		return taken
	}

	t.Run("a lease is its holder's until it ends, and then anybody's", func(t *testing.T) {
		holder, other, end := newID(), newID(), noon.Add(time.Minute)
		for _, step := range []struct {
			holder     uuid.UUID
			now, until time.Time
			taken      bool
		}{
			{holder, noon, noon.Add(time.Second), true},
			{other, noon, end, false},
			{holder, noon, end, true}, // again, and longer
			{other, end.Add(-time.Microsecond), end.Add(time.Hour), false},
			{other, end, end.Add(time.Hour), true},
			{holder, end, end.Add(time.Hour), false},
		} {
			if taken := take(t, "one", step.holder, step.now, step.until); taken != step.taken {
				t.Errorf("at %v it was taken: %v", step.now, taken)
			}
		}
		if !take(t, "two", holder, noon, end) {
			t.Error("got no lease of another name, want one")
		}
	})

	t.Run("of twenty who take a lease at once, one has it, be it new or at its end", func(t *testing.T) {
		for _, now := range []time.Time{noon, noon.Add(time.Hour)} {
			taken, errs := atOnce(20, func(int) (bool, error) {
				return s.TakeLease(t.Context(), "wanted", newID(), now, now.Add(time.Minute))
			})
			count(t, errs, nil)
			holders := 0
			for _, is := range taken {
				if is {
					holders++
				}
			}
			if holders != 1 {
				t.Errorf("%d have it", holders)
			}
		}
	})
}
