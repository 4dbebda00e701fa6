package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("devices", devices)
	_ = newCalls(calls{
		"MeetDevice": func(ctx context.Context, s rows) error {
			_, _, err := s.MeetDevice(ctx, newID(), "phone", noon)
			return err
		},
	})
)

func meet(t *testing.T, s auth.Store, user uuid.UUID, device string, at time.Time) (fromIt, fromAny time.Time) {
	t.Helper()
	fromIt, fromAny, err := s.MeetDevice(t.Context(), user, device, at)
	must(t, err)
	return fromIt, fromAny
}

func devices(t *testing.T, open Open) {
	s := open(t)

	t.Run("of each device it is known when its user last logged in from it, and from any", func(t *testing.T) {
		u, other := addUser(t, s).ID, addUser(t, s).ID
		meet(t, s, other, "phone", noon.Add(-time.Hour))
		at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
		for _, step := range []struct {
			device          string
			at              int
			fromIt, fromAny time.Time
		}{
			{"laptop", 0, time.Time{}, time.Time{}},
			{"laptop", 1, at(0), at(0)},
			{"phone", 2, time.Time{}, at(1)},
			{"laptop", 3, at(1), at(2)},
			{"laptop", -9, at(3), at(3)}, // by a clock that is slow
			{"laptop", 4, at(3), at(3)},
			{"", 5, time.Time{}, at(4)},
			{"", 6, at(5), at(5)},
		} {
			fromIt, fromAny := meet(t, s, u, step.device, at(step.at))
			if !fromIt.Equal(utc(step.fromIt)) || !fromAny.Equal(utc(step.fromAny)) {
				t.Errorf("at minute %d from %q: got %v and %v, want %v and %v", step.at, step.device, fromIt, fromAny, step.fromIt, step.fromAny)
			}
			if fromIt.Location() != time.UTC || fromAny.Location() != time.UTC {
				t.Error("got a time in another zone, want UTC")
			}
		}
	})

	t.Run("nobody comes from anywhere", func(t *testing.T) {
		_, _, err := s.MeetDevice(t.Context(), newID(), "phone", noon)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a new device is new to one of those who meet it first, if each locks the user", func(t *testing.T) {
		u := addUser(t, s).ID
		_, errs := atOnce(10, func(int) (any, error) {
			return nil, s.InTx(t.Context(), func(tx auth.Tx) error {
				if _, err := tx.LockUser(t.Context(), u); err != nil {
					return err
				}
				fromIt, _, err := tx.MeetDevice(t.Context(), u, "phone", noon)
				if err == nil && !fromIt.IsZero() {
					return auth.ErrNotFound
				}
				return err
			})
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("it was new to %d", n)
		}
	})
}
