package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("sign-ups", signUps)
	_ = newCalls(calls{
		"CreateSignUp":   func(ctx context.Context, s rows) error { return s.CreateSignUp(ctx, newSignUp(email())) },
		"SignUpByID":     func(ctx context.Context, s rows) error { _, err := s.SignUpByID(ctx, newID()); return err },
		"NewestSignUp":   func(ctx context.Context, s rows) error { _, err := s.NewestSignUp(ctx, "nobody"); return err },
		"SignUpsByEmail": func(ctx context.Context, s rows) error { _, err := s.SignUpsByEmail(ctx, "nobody"); return err },
		"TakeSignUps":    func(ctx context.Context, s rows) error { _, err := s.TakeSignUps(ctx, "nobody"); return err },
		"SignUps":        func(ctx context.Context, s rows) error { _, err := s.SignUps(ctx, uuid.Nil, 1); return err },
	})
)

func signUps(t *testing.T, open Open) {
	s := open(t)

	t.Run("a sign-up comes back as it was created", func(t *testing.T) {
		signUp := addSignUp(t, s, email())
		got, err := s.SignUpByID(t.Context(), signUp.ID)
		must(t, err)
		same(t, signUp, got)
	})

	t.Run("an address may have several, and they come back newest first", func(t *testing.T) {
		address := email()
		addSignUp(t, s, email())
		middle := addSignUp(t, s, address)
		newest, oldest := newSignUp(address), newSignUp(address)
		newest.CreatedAt, oldest.CreatedAt = noon.Add(time.Microsecond), noon.Add(-time.Microsecond)
		must(t, s.CreateSignUp(t.Context(), newest))
		must(t, s.CreateSignUp(t.Context(), oldest))

		got, err := s.SignUpsByEmail(t.Context(), address.Canonical)
		must(t, err)
		sameSignUps(t, []*auth.SignUp{newest, middle, oldest}, got)
		one, err := s.NewestSignUp(t.Context(), address.Canonical)
		must(t, err)
		same(t, newest, one)
	})

	t.Run("an address without any has none, which is no error", func(t *testing.T) {
		found, err := s.SignUpsByEmail(t.Context(), email().Canonical)
		must(t, err)
		taken, err := s.TakeSignUps(t.Context(), email().Canonical)
		must(t, err)
		if len(found)+len(taken) != 0 {
			t.Error("got sign-ups, want none")
		}
	})

	t.Run("a user's address may sign up", func(t *testing.T) {
		addSignUp(t, s, addUser(t, s).Email)
	})

	t.Run("taking removes all sign-ups of an address and their tokens, and nothing else", func(t *testing.T) {
		address := email()
		first, second, other := addSignUp(t, s, address), addSignUp(t, s, address), addSignUp(t, s, email())
		theirs, others := addToken(t, s, uuid.Nil, first.ID), addToken(t, s, uuid.Nil, other.ID)

		got, err := s.TakeSignUps(t.Context(), address.Canonical)
		must(t, err)
		sameSignUps(t, []*auth.SignUp{second, first}, got)

		for _, id := range []uuid.UUID{first.ID, second.ID} {
			_, err = s.SignUpByID(t.Context(), id)
			want(t, auth.ErrNotFound, err)
		}
		_, err = s.TokenByDigest(t.Context(), theirs.Purpose, theirs.Digest)
		want(t, auth.ErrNotFound, err)
		_, err = s.SignUpByID(t.Context(), other.ID)
		must(t, err)
		_, err = s.TokenByDigest(t.Context(), others.Purpose, others.Digest)
		must(t, err)
	})

	t.Run("what is not there is not found", func(t *testing.T) {
		_, err := s.SignUpByID(t.Context(), newID())
		want(t, auth.ErrNotFound, err)
		_, err = s.NewestSignUp(t.Context(), email().Canonical)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("pages hold all sign-ups once, in order of creation", func(t *testing.T) {
		s := open(t)
		var created []*auth.SignUp
		for range 5 {
			created = append(created, addSignUp(t, s, email()))
		}
		var listed []*auth.SignUp
		for after, full := uuid.Nil, true; full; after = listed[len(listed)-1].ID {
			page, err := s.SignUps(t.Context(), after, 2)
			must(t, err)
			listed = append(listed, page...)
			full = len(page) == 2
		}
		sameSignUps(t, created, listed)
	})
}

func sameSignUps(t *testing.T, in, out []*auth.SignUp) {
	t.Helper()
	if diff := cmp.Diff(ids(in, signUpID), ids(out, signUpID)); diff != "" {
		t.Fatalf("got other sign-ups, or in another order (-want +got):\n%s", diff)
	}
	for i := range in {
		same(t, in[i], out[i])
	}
}
