package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What the suite has of passkeys.
var (
	_ = newPart("passkeys", passkeys)
	_ = newPart("handles of users", passkeyHandles)
	_ = newPart("ceremonies", ceremonies)
)

var _ = newHeap(auth.ExpiredCeremonies, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
	used := digest()
	must(t, s.UseCeremony(t.Context(), used, moment))
	return func() bool { // looking must not leave one behind
		isUsed := false
		err := s.InTx(t.Context(), func(tx auth.Tx) error {
			isUsed = errors.Is(tx.Passkeys().UseCeremony(t.Context(), used, moment), auth.ErrCeremonyUsed)
			return errUndo
		})
		want(t, errUndo, err)
		return isUsed
	}
})

// errUndo rolls a transaction back.
var errUndo = errors.New("undo")

var _ = newCalls(map[string]func(ctx context.Context, s rows) error{
	"PasskeysOf": func(ctx context.Context, s rows) error { _, err := s.PasskeysOf(ctx, newID()); return err },
	"PasskeyByCredential": func(ctx context.Context, s rows) error {
		_, err := s.PasskeyByCredential(ctx, digest())
		return err
	},
	"PasskeyHandle":    func(ctx context.Context, s rows) error { _, err := s.PasskeyHandle(ctx, newID()); return err },
	"SetPasskeyHandle": func(ctx context.Context, s rows) error { return s.SetPasskeyHandle(ctx, newID(), digest()) },
	"AddPasskey":       func(ctx context.Context, s rows) error { return s.AddPasskey(ctx, newPasskey(newID())) },
	"UpdatePasskey":    func(ctx context.Context, s rows) error { return s.UpdatePasskey(ctx, newPasskey(newID())) },
	"DeletePasskey":    func(ctx context.Context, s rows) error { return s.DeletePasskey(ctx, newID(), newID()) },
	"UseCeremony":      func(ctx context.Context, s rows) error { return s.UseCeremony(ctx, digest(), noon) },
})

func newPasskey(user uuid.UUID) *auth.Passkey {
	return &auth.Passkey{
		ID: newID(), UserID: user, CredentialID: digest(), PublicKey: digest(), AAGUID: digest()[:16], Transports: []string{"internal", "hybrid"},
		SignCount: 1<<32 - 1, BackupEligible: true, BackedUp: true, CanLogIn: true, Name: "Ada's phone",
		CreatedAt: noon, LastUsedAt: noon.Add(time.Hour), ClonedAt: noon.Add(2 * time.Hour),
	}
}

func passkeys(t *testing.T, open Open) {
	s := open(t)
	list := func(user uuid.UUID) []*auth.Passkey {
		t.Helper()
		found, err := s.PasskeysOf(t.Context(), user)
		must(t, err)
		return found
	}

	t.Run("a passkey comes back as it was added", func(t *testing.T) {
		u := addUser(t, s)
		same(t, []*auth.Passkey{}, list(u.ID))
		second, first := newPasskey(u.ID), newPasskey(u.ID)
		first.CreatedAt, first.LastUsedAt, first.ClonedAt, first.Transports = noon.Add(-time.Hour), time.Time{}, time.Time{}, []string{}
		must(t, s.AddPasskey(t.Context(), second))
		must(t, s.AddPasskey(t.Context(), first))
		must(t, s.AddPasskey(t.Context(), newPasskey(addUser(t, s).ID)))
		same(t, []*auth.Passkey{first, second}, list(u.ID))
		got, err := s.PasskeyByCredential(t.Context(), second.CredentialID)
		must(t, err)
		same(t, second, got)
		for _, other := range [][]byte{digest(), nil, {}, second.CredentialID[:31]} {
			_, err := s.PasskeyByCredential(t.Context(), other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("a passkey needs its user", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.AddPasskey(t.Context(), newPasskey(newID())))
	})

	t.Run("a credential id that somebody has is refused, and the transaction goes on", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		in := newPasskey(u.ID)
		must(t, s.AddPasskey(t.Context(), in))
		again := newPasskey(other.ID)
		again.CredentialID = in.CredentialID
		must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
			want(t, auth.ErrPasskeyTaken, tx.Passkeys().AddPasskey(t.Context(), again))
			return tx.Passkeys().AddPasskey(t.Context(), newPasskey(other.ID))
		}))
		same(t, []*auth.Passkey{in}, list(u.ID))
		if got := len(list(other.ID)); got != 1 {
			t.Errorf("got %d passkeys of the other, want 1", got)
		}
	})

	t.Run("of ten who add the same credential id at once, one does", func(t *testing.T) {
		id, user := digest(), addUser(t, s).ID
		_, errs := atOnce(10, func(int) (struct{}, error) {
			in := newPasskey(user)
			in.CredentialID = id
			return struct{}{}, s.AddPasskey(t.Context(), in)
		})
		same(t, 1, count(t, errs, auth.ErrPasskeyTaken))
	})

	t.Run("what changes is written, and the rest stays", func(t *testing.T) {
		u := addUser(t, s)
		in, other := newPasskey(u.ID), newPasskey(u.ID)
		must(t, s.AddPasskey(t.Context(), in))
		must(t, s.AddPasskey(t.Context(), other))
		in.SignCount, in.BackupEligible, in.BackedUp, in.CanLogIn = 7, false, false, false
		in.Name, in.LastUsedAt, in.ClonedAt = "a key", noon.Add(3*time.Hour), time.Time{}
		changed := *in
		changed.PublicKey, changed.CredentialID, changed.UserID, changed.CreatedAt = digest(), digest(), newID(), noon.Add(time.Hour)
		must(t, s.UpdatePasskey(t.Context(), &changed))
		got, err := s.PasskeyByCredential(t.Context(), in.CredentialID)
		must(t, err)
		same(t, in, got)
		got, err = s.PasskeyByCredential(t.Context(), other.CredentialID)
		must(t, err)
		same(t, other, got)
		want(t, auth.ErrNotFound, s.UpdatePasskey(t.Context(), newPasskey(u.ID)))
	})

	t.Run("a passkey is removed by its user alone, once", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		in := newPasskey(u.ID)
		must(t, s.AddPasskey(t.Context(), in))
		want(t, auth.ErrNotFound, s.DeletePasskey(t.Context(), other.ID, in.ID))
		must(t, s.DeletePasskey(t.Context(), u.ID, in.ID))
		want(t, auth.ErrNotFound, s.DeletePasskey(t.Context(), u.ID, in.ID))
		same(t, []*auth.Passkey{}, list(u.ID))
	})
}

func passkeyHandles(t *testing.T, open Open) {
	s := open(t)
	u, other := addUser(t, s), addUser(t, s)
	_, err := s.PasskeyHandle(t.Context(), u.ID)
	want(t, auth.ErrNotFound, err)
	_, err = s.PasskeyHandle(t.Context(), newID())
	want(t, auth.ErrNotFound, err)

	handle := digest()
	must(t, s.SetPasskeyHandle(t.Context(), u.ID, handle))
	must(t, s.SetPasskeyHandle(t.Context(), u.ID, handle))
	want(t, auth.ErrNotFound, s.SetPasskeyHandle(t.Context(), u.ID, digest()))
	want(t, auth.ErrNotFound, s.SetPasskeyHandle(t.Context(), newID(), digest()))
	got, err := s.PasskeyHandle(t.Context(), u.ID)
	must(t, err)
	same(t, handle, got)
	if err := s.SetPasskeyHandle(t.Context(), other.ID, handle); err == nil {
		t.Error("two users have one handle")
	}
	if err := s.SetPasskeyHandle(t.Context(), other.ID, nil); err == nil || errors.Is(err, auth.ErrNotFound) {
		t.Errorf("an empty handle: got the error %v, want a failure", err)
	}
	u.Name = "renamed"
	must(t, s.UpdateUser(t.Context(), u))
	got, err = s.PasskeyHandle(t.Context(), u.ID)
	must(t, err)
	same(t, handle, got)
}

func ceremonies(t *testing.T, open Open) {
	s := open(t)
	used := digest()
	_, errs := atOnce(50, func(int) (struct{}, error) { return struct{}{}, s.UseCeremony(t.Context(), used, noon) })
	same(t, 1, count(t, errs, auth.ErrCeremonyUsed))
	must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
		want(t, auth.ErrCeremonyUsed, tx.Passkeys().UseCeremony(t.Context(), used, noon.Add(time.Hour)))
		return tx.Passkeys().UseCeremony(t.Context(), digest(), noon)
	}))

	t.Run("a ceremony whose transaction is rolled back can be finished", func(t *testing.T) {
		in := digest()
		want(t, errUndo, s.InTx(t.Context(), func(tx auth.Tx) error {
			must(t, tx.Passkeys().UseCeremony(t.Context(), in, noon))
			return errUndo
		}))
		must(t, s.UseCeremony(t.Context(), in, noon))
	})
}
