package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

var (
	_ = newPart("limits", limits)
	_ = newPart("known devices", knownDevices)
	_ = newCalls(calls{
		"TakeUnits": func(ctx context.Context, s rows) error {
			_, err := s.TakeUnits(ctx, newID(), []ratelimit.Meter{meter(1, false), meter(1, true)}, noon, noon)
			return err
		},
		"SettleUnits": func(ctx context.Context, s rows) error {
			return s.SettleUnits(ctx, newID(), []ratelimit.Meter{meter(1, true)}, true, noon)
		},
		"ForgetDevices": func(ctx context.Context, s rows) error { return s.ForgetDevices(ctx, newID()) },
		"RememberDevice": func(ctx context.Context, s rows) error {
			return s.RememberDevice(ctx, newID(), [][]byte{digest()}, noon)
		},
		"IsDeviceKnown": func(ctx context.Context, s rows) error {
			_, err := s.IsDeviceKnown(ctx, [][]byte{digest()}, noon)
			return err
		},
	})
)

// meter returns a meter of so many units, one of which comes back in a second.
func meter(units int, hold bool) ratelimit.Meter {
	return ratelimit.Meter{Key: digest()[:16], Interval: time.Second, Units: units, Hold: hold}
}

// taken takes units at a time and returns the attempt and what was short.
func taken(t *testing.T, s auth.Store, now time.Time, meters ...ratelimit.Meter) (uuid.UUID, []ratelimit.Shortage) {
	t.Helper()
	attempt := newID()
	short, err := s.TakeUnits(t.Context(), attempt, meters, now, now.Add(time.Minute))
	must(t, err)
	return attempt, short
}

// gets fails the test unless a unit of every meter can be taken at a time.
func gets(t *testing.T, s auth.Store, now time.Time, meters ...ratelimit.Meter) uuid.UUID {
	t.Helper()
	attempt, short := taken(t, s, now, meters...)
	if len(short) > 0 {
		t.Errorf("at %v there is no unit: %v", now, short)
	}
	return attempt
}

// lacks fails the test unless exactly this meter is short, until a time; the zero time: it is held.
func lacks(t *testing.T, s auth.Store, now time.Time, m ratelimit.Meter, freeAt time.Time, meters ...ratelimit.Meter) {
	t.Helper()
	_, short := taken(t, s, now, meters...)
	if len(short) != 1 || string(short[0].Key) != string(m.Key) || !short[0].FreeAt.Equal(freeAt) {
		t.Errorf("at %v there is short %v, want until %v", now, short, freeAt)
	}
}

func settle(t *testing.T, s auth.Store, attempt uuid.UUID, failed bool, now time.Time, meters ...ratelimit.Meter) {
	t.Helper()
	must(t, s.SettleUnits(t.Context(), attempt, meters, failed, now))
}

func limits(t *testing.T, open Open) {
	s, now := open(t), utc(noon)

	t.Run("a meter gives all its units at once, and then one each time that one comes back", func(t *testing.T) {
		m := meter(3, false)
		for range 3 {
			gets(t, s, now, m)
		}
		lacks(t, s, now, m, now.Add(time.Second), m)
		lacks(t, s, now.Add(time.Second-time.Microsecond), m, now.Add(time.Second), m)
		gets(t, s, now.Add(time.Second), m)
		lacks(t, s, now.Add(time.Second), m, now.Add(2*time.Second), m)
		for range 3 {
			gets(t, s, now.Add(time.Hour), m)
		}
		lacks(t, s, now.Add(time.Hour), m, now.Add(time.Hour+time.Second), m)
	})

	t.Run("whoever is refused takes nothing, of no meter", func(t *testing.T) {
		empty, full, held := meter(1, false), meter(1, false), meter(1, true)
		gets(t, s, now, empty)
		for range 5 {
			lacks(t, s, now, empty, now.Add(time.Second), full, empty, held)
		}
		gets(t, s, now, full, held)
	})

	t.Run("all that is short is told", func(t *testing.T) {
		a, b := meter(1, false), meter(1, true)
		gets(t, s, now, a, b)
		_, short := taken(t, s, now, a, b)
		if len(short) != 2 {
			t.Errorf("it is %v", short)
		}
	})

	t.Run("of many meters, each counts for itself", func(t *testing.T) {
		var meters []ratelimit.Meter
		for i := range 20 { // more than one statement takes
			meters = append(meters, meter(2+i%3, i%2 == 0))
		}
		for range 2 {
			settle(t, s, gets(t, s, now, meters...), true, now, meters...)
		}
		_, short := taken(t, s, now, meters...)
		var wanted, got [][]byte
		for i, m := range meters {
			if i%3 == 0 { // those with two units
				wanted = append(wanted, m.Key)
			}
		}
		for _, lack := range short {
			got = append(got, lack.Key)
			if !lack.FreeAt.Equal(now.Add(time.Second)) {
				t.Errorf("a meter has a unit at %v, want a second later than %v", lack.FreeAt, now)
			}
		}
		for _, keys := range [][][]byte{wanted, got} {
			slices.SortFunc(keys, bytes.Compare)
		}
		if !slices.EqualFunc(wanted, got, bytes.Equal) {
			t.Errorf("got %x as what is short, want %x", got, wanted)
		}
	})

	t.Run("a clock that is behind gets no unit that is not there", func(t *testing.T) {
		m := meter(1, false)
		gets(t, s, now, m)
		lacks(t, s, now.Add(-ratelimit.ClockTolerance), m, now.Add(time.Second), m)
	})

	t.Run("a clock that was further ahead locks nobody out for as long", func(t *testing.T) {
		for _, hold := range []bool{false, true} {
			m, other := meter(2, hold), meter(2, false)
			for range 2 {
				ahead := now.Add(time.Hour)
				settle(t, s, gets(t, s, ahead, m), true, ahead, m)
			}
			lacks(t, s, now, m, now.Add(time.Second), m, other)
			next := now.Add(time.Second)
			settle(t, s, gets(t, s, next, m), true, next, m)
			lacks(t, s, next, m, next.Add(time.Second), m)
		}
	})

	t.Run("a unit that is held comes back with an attempt that did not fail, and not with one that did", func(t *testing.T) {
		m := meter(2, true)
		right, wrong := gets(t, s, now, m), gets(t, s, now, m)
		lacks(t, s, now, m, time.Time{}, m)
		settle(t, s, right, false, now, m)
		settle(t, s, right, true, now, m) // it is settled, and stays so
		again := gets(t, s, now, m)
		lacks(t, s, now, m, time.Time{}, m)
		settle(t, s, wrong, true, now, m)
		settle(t, s, wrong, true, now, m)
		lacks(t, s, now, m, time.Time{}, m)
		settle(t, s, again, true, now, m)
		lacks(t, s, now, m, now.Add(time.Second), m)
		gets(t, s, now.Add(time.Second), m)
	})

	t.Run("settling changes no meter that holds nothing", func(t *testing.T) {
		plain := meter(1, false)
		attempt := gets(t, s, now, plain)
		settle(t, s, attempt, false, now, plain)
		settle(t, s, attempt, true, now, plain)
		lacks(t, s, now, plain, now.Add(time.Second), plain)
	})

	t.Run("a unit whose attempt is never settled comes back in time", func(t *testing.T) {
		m := meter(1, true)
		gets(t, s, now, m)
		lacks(t, s, now.Add(time.Minute-time.Microsecond), m, time.Time{}, m)
		gets(t, s, now.Add(time.Minute), m)
	})

	t.Run("what is settled in a transaction that fails is not", func(t *testing.T) {
		m := meter(1, true)
		attempt, stop := gets(t, s, now, m), fmt.Errorf("stop")
		want(t, stop, s.InTx(t.Context(), func(tx auth.Tx) error {
			must(t, tx.SettleUnits(t.Context(), attempt, []ratelimit.Meter{m}, false, now))
			return stop
		}))
		lacks(t, s, now, m, time.Time{}, m)
	})

	t.Run("the clean-up changes nothing that counts", func(t *testing.T) {
		m, held := meter(1, false), meter(1, true)
		gets(t, s, now, m, held)
		for _, what := range []auth.ExpiredKind{auth.ExpiredLimits, auth.ExpiredHolds} {
			discardAt(t, s, what, now.Add(time.Second-time.Microsecond), 1000)
		}
		_, short := taken(t, s, now.Add(time.Second-time.Microsecond), m, held)
		if len(short) != 2 {
			t.Errorf("there is short %v", short)
		}
	})

	t.Run("of a hundred at once, as many get a unit as there are", func(t *testing.T) {
		for _, hold := range []bool{false, true} {
			m, other := meter(7, hold), meter(1000, !hold)
			short, errs := atOnce(100, func(i int) ([]ratelimit.Shortage, error) {
				meters := []ratelimit.Meter{m, other}
				if i%2 == 0 { // whatever the order, nobody waits in a circle
					slices.Reverse(meters)
				}
				return s.TakeUnits(t.Context(), newID(), meters, now, now.Add(time.Minute))
			})
			count(t, errs, nil)
			got := 0
			for _, lack := range short {
				if len(lack) == 0 {
					got++
				}
			}
			if got != 7 {
				t.Errorf("%d got one (held: %v)", got, hold)
			}
		}
	})

	t.Run("attempts that are settled while others begin never hold more than there is", func(t *testing.T) {
		m := meter(5, true)
		failures, errs := atOnce(60, func(i int) (int, error) {
			attempt := newID()
			short, err := s.TakeUnits(t.Context(), attempt, []ratelimit.Meter{m}, now, now.Add(time.Minute))
			if err != nil || len(short) > 0 {
				return 0, err
			}
			failed := i%3 > 0
			if err := s.SettleUnits(t.Context(), attempt, []ratelimit.Meter{m}, failed, now); err != nil || !failed {
				return 0, err
			}
			return 1, nil
		})
		count(t, errs, nil)
		total := 0
		for _, n := range failures {
			total += n
		}
		if total > 5 {
			t.Errorf("%d attempts failed, of a meter of 5", total)
		}
	})

	t.Run("is never too strict and never too lax", func(t *testing.T) { strictness(t, s) })
}

// take is an attempt that got a unit, and when it was counted.
type take struct{ at time.Time }

// strictness tries a meter at random times against what it promises: whoever has taken fewer units than
// there are, in the time in which all come back, gets one; and nobody ever gets more in any span of
// time than all units and those that come back in it.
func strictness(t *testing.T, s auth.Store) {
	rapid.Check(t, func(r *rapid.T) {
		m := ratelimit.Meter{
			Key:      digest()[:16],
			Interval: time.Duration(rapid.Int64Range(1, 5_000_000).Draw(r, "interval")) * time.Microsecond,
			Units:    rapid.IntRange(1, 6).Draw(r, "units"),
			Hold:     rapid.Bool().Draw(r, "hold"),
		}
		now, period := utc(noon), m.Interval*time.Duration(m.Units)
		var takes []take
		for range rapid.IntRange(1, 25).Draw(r, "attempts") {
			now = now.Add(time.Duration(rapid.Int64Range(0, 2*m.Interval.Microseconds()).Draw(r, "pause")) * time.Microsecond)
			attempt := newID()
			short, err := s.TakeUnits(t.Context(), attempt, []ratelimit.Meter{m}, now, now.Add(time.Minute))
			if err != nil {
				r.Fatal(err)
			}
			lately := 0
			for _, earlier := range takes {
				if earlier.at.After(now.Add(-period)) {
					lately++
				}
			}
			if len(short) > 0 {
				if lately < m.Units {
					r.Fatalf("refused with %d of %d units taken lately", lately, m.Units)
				}
				if free := short[0].FreeAt; !free.After(now) || free.Sub(now) > m.Interval {
					r.Fatalf("refused for %v, where a unit comes back in %v", free.Sub(now), m.Interval)
				}
				continue
			}
			// Of those that hold, some are right, and count for nothing.
			failed := !m.Hold || rapid.Bool().Draw(r, "failed")
			if err := s.SettleUnits(t.Context(), attempt, []ratelimit.Meter{m}, failed, now); err != nil {
				r.Fatal(err)
			}
			if !failed {
				continue
			}
			takes = append(takes, take{now})
			for i, first := range takes {
				if most := m.Units + int(now.Sub(first.at)/m.Interval); len(takes)-i > most {
					r.Fatalf("%d units in %v, of %d and one each %v", len(takes)-i, now.Sub(first.at), m.Units, m.Interval)
				}
			}
		}
	})
}

func knownDevices(t *testing.T, open Open) {
	s := open(t)
	user, other := addUser(t, s), addUser(t, s)
	isKnown := func(t *testing.T, since time.Time, marks ...[]byte) bool {
		t.Helper()
		known, err := s.IsDeviceKnown(t.Context(), marks, since)
		must(t, err)
		return known
	}

	t.Run("a client is known by any of its marks, later than a time, and moves on and not back", func(t *testing.T) {
		a, b, strange := digest(), digest(), digest()
		must(t, s.RememberDevice(t.Context(), user.ID, [][]byte{a, b}, noon))
		must(t, s.RememberDevice(t.Context(), user.ID, [][]byte{b}, noon.Add(-time.Hour)))
		before := noon.Add(-time.Microsecond)
		if !isKnown(t, before, a) || !isKnown(t, before, strange, b) || isKnown(t, before, strange) || isKnown(t, before) {
			t.Error("got a known holder where none is, or none where one is, want each as it was stored")
		}
		if isKnown(t, noon, a) || isKnown(t, noon, b) {
			t.Error("got a known client after its last visit, want an unknown one")
		}
		must(t, s.RememberDevice(t.Context(), user.ID, [][]byte{a}, noon.Add(time.Hour)))
		if !isKnown(t, noon, a) || isKnown(t, noon, b) {
			t.Error("got the time of the first visit, want that of the second")
		}
	})

	t.Run("whose address another user has now is theirs, and goes with them alone", func(t *testing.T) {
		mark := digest()
		must(t, s.RememberDevice(t.Context(), user.ID, [][]byte{mark}, noon))
		must(t, s.RememberDevice(t.Context(), other.ID, [][]byte{mark}, noon))
		must(t, s.DeleteUser(t.Context(), user.ID, newID()))
		if !isKnown(t, time.Time{}, mark) {
			t.Error("got an unknown client, want it known: only another user was deleted")
		}
		must(t, s.DeleteUser(t.Context(), other.ID, newID()))
		if isKnown(t, time.Time{}, mark) {
			t.Error("got a client of a deleted user, want none")
		}
	})

	t.Run("all clients of a user are forgotten, and none of others", func(t *testing.T) {
		user, other := addUser(t, s), addUser(t, s)
		a, b, others := digest(), digest(), digest()
		must(t, s.RememberDevice(t.Context(), user.ID, [][]byte{a, b}, noon))
		must(t, s.RememberDevice(t.Context(), other.ID, [][]byte{others}, noon))
		must(t, s.ForgetDevices(t.Context(), user.ID))
		if isKnown(t, time.Time{}, a, b) || !isKnown(t, time.Time{}, others) {
			t.Error("got a known holder where none is, or none where one is, want each as it was stored")
		}
	})

	t.Run("a user who is not there has no client", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.RememberDevice(t.Context(), newID(), [][]byte{digest()}, noon))
	})
}
