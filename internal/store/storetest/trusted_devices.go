package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("trusted devices", trustedDevices)
	_ = newHeap(auth.ExpiredTrustedDevices, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		device := newTrustedDevice(addUser(t, s).ID)
		device.ExpiresAt = moment
		must(t, s.CreateTrustedDevice(t.Context(), device))
		return func() bool { return len(devicesOf(t, s, device.UserID)) > 0 }
	})
	_ = newCalls(calls{
		"CreateTrustedDevice": func(ctx context.Context, s rows) error {
			return s.CreateTrustedDevice(ctx, newTrustedDevice(newID()))
		},
		"TrustedDevices":       func(ctx context.Context, s rows) error { _, err := s.TrustedDevices(ctx, newID()); return err },
		"DeleteTrustedDevice":  func(ctx context.Context, s rows) error { return s.DeleteTrustedDevice(ctx, newID(), newID()) },
		"DeleteTrustedDevices": func(ctx context.Context, s rows) error { return s.DeleteTrustedDevices(ctx, newID()) },
	})
)

func newTrustedDevice(user uuid.UUID) *auth.TrustedDevice {
	return &auth.TrustedDevice{
		ID: newID(), UserID: user, Digest: digest(), Device: "Firefox on Linux", CreatedAt: noon, ExpiresAt: noon.Add(30 * 24 * time.Hour),
	}
}

func addTrustedDevice(t *testing.T, s auth.Store, user uuid.UUID, at time.Time) *auth.TrustedDevice {
	t.Helper()
	device := newTrustedDevice(user)
	device.CreatedAt = at
	must(t, s.CreateTrustedDevice(t.Context(), device))
	return device
}

func devicesOf(t *testing.T, s auth.Store, user uuid.UUID) []*auth.TrustedDevice {
	t.Helper()
	devices, err := s.TrustedDevices(t.Context(), user)
	must(t, err)
	return devices
}

func trustedDevices(t *testing.T, open Open) {
	s := open(t)

	t.Run("devices come back as they were created, the newest first", func(t *testing.T) {
		u := addUser(t, s).ID
		if list := devicesOf(t, s, u); len(list) != 0 {
			t.Errorf("a new user has %d devices, want none", len(list))
		}
		old, young := addTrustedDevice(t, s, u, noon), addTrustedDevice(t, s, u, noon.Add(time.Hour))
		addTrustedDevice(t, s, addUser(t, s).ID, noon)
		nameless := newTrustedDevice(u)
		nameless.Device, nameless.CreatedAt = "", noon.Add(-time.Hour)
		must(t, s.CreateTrustedDevice(t.Context(), nameless))
		same(t, []*auth.TrustedDevice{young, old, nameless}, devicesOf(t, s, u))
	})

	t.Run("a device needs its user", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.CreateTrustedDevice(t.Context(), newTrustedDevice(newID())))
	})

	t.Run("a device is deleted once, by its user", func(t *testing.T) {
		u, other := addUser(t, s).ID, addUser(t, s).ID
		one, two := addTrustedDevice(t, s, u, noon), addTrustedDevice(t, s, u, noon.Add(-time.Hour))
		want(t, auth.ErrNotFound, s.DeleteTrustedDevice(t.Context(), other, one.ID))
		want(t, auth.ErrNotFound, s.DeleteTrustedDevice(t.Context(), u, newID()))
		same(t, []*auth.TrustedDevice{one, two}, devicesOf(t, s, u))
		must(t, s.DeleteTrustedDevice(t.Context(), u, one.ID))
		want(t, auth.ErrNotFound, s.DeleteTrustedDevice(t.Context(), u, one.ID))
		same(t, []*auth.TrustedDevice{two}, devicesOf(t, s, u))
	})

	t.Run("devices are deleted with the tokens of their user, by themselves, and with the user", func(t *testing.T) {
		for name, remove := range map[string]func(u uuid.UUID) error{
			"tokens":     func(u uuid.UUID) error { return s.DeleteTokens(t.Context(), u) },
			"themselves": func(u uuid.UUID) error { return s.DeleteTrustedDevices(t.Context(), u) },
			"user":       func(u uuid.UUID) error { return s.DeleteUser(t.Context(), u, newID()) },
		} {
			u, other := addUser(t, s).ID, addUser(t, s).ID
			addTrustedDevice(t, s, u, noon)
			addTrustedDevice(t, s, u, noon)
			addTrustedDevice(t, s, other, noon)
			must(t, remove(u))
			if len(devicesOf(t, s, u)) > 0 || len(devicesOf(t, s, other)) != 1 {
				t.Errorf("%s: got other devices than those of the user deleted", name)
			}
		}
	})
}
