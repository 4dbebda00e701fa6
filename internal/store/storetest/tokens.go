package storetest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("tokens", tokens)
	_ = newCalls(calls{
		"CreateToken": func(ctx context.Context, s rows) error { return s.CreateToken(ctx, newToken(newID(), uuid.Nil)) },
		"TokenByDigest": func(ctx context.Context, s rows) error {
			_, err := s.TokenByDigest(ctx, auth.PurposeReset, digest())
			return err
		},
		"TakeToken": func(ctx context.Context, s rows) error {
			_, err := s.TakeToken(ctx, auth.PurposeReset, digest())
			return err
		},
		"DeleteTokens": func(ctx context.Context, s rows) error { return s.DeleteTokens(ctx, newID()) },
	})
)

func tokens(t *testing.T, open Open) {
	s := open(t)

	t.Run("a token comes back as it was created, of a user and of a sign-up", func(t *testing.T) {
		ofUser := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		ofSignUp := newToken(uuid.Nil, addSignUp(t, s, email()).ID)
		ofSignUp.Purpose = auth.PurposeConfirm
		must(t, s.CreateToken(t.Context(), ofSignUp))
		for _, in := range []*auth.OneTimeToken{ofUser, ofSignUp} {
			got, err := s.TokenByDigest(t.Context(), in.Purpose, in.Digest)
			must(t, err)
			same(t, in, got)
		}
	})

	t.Run("looking at a token does not use it", func(t *testing.T) {
		in := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		for range 3 {
			_, err := s.TokenByDigest(t.Context(), in.Purpose, in.Digest)
			must(t, err)
		}
	})

	t.Run("a used token is gone", func(t *testing.T) {
		in := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		got, err := s.TakeToken(t.Context(), in.Purpose, in.Digest)
		must(t, err)
		same(t, in, got)
		_, err = s.TakeToken(t.Context(), in.Purpose, in.Digest)
		want(t, auth.ErrNotFound, err)
		_, err = s.TokenByDigest(t.Context(), in.Purpose, in.Digest)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a token is good for its purpose only, and survives the attempt", func(t *testing.T) {
		in := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		_, err := s.TokenByDigest(t.Context(), auth.PurposeConfirm, in.Digest)
		want(t, auth.ErrNotFound, err)
		_, err = s.TakeToken(t.Context(), auth.PurposeConfirm, in.Digest)
		want(t, auth.ErrNotFound, err)
		_, err = s.TakeToken(t.Context(), in.Purpose, in.Digest)
		must(t, err)
	})

	t.Run("expired or not, a token is found: who asks judges", func(t *testing.T) {
		in := newToken(addUser(t, s).ID, uuid.Nil)
		in.ExpiresAt = noon.AddDate(-10, 0, 0)
		must(t, s.CreateToken(t.Context(), in))
		got, err := s.TakeToken(t.Context(), in.Purpose, in.Digest)
		must(t, err)
		same(t, in, got)
	})

	t.Run("a digest finds nothing but its own token", func(t *testing.T) {
		in := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		for _, other := range [][]byte{digest(), nil, {}, in.Digest[:31], append(in.Digest[:32:32], 0)} {
			_, err := s.TokenByDigest(t.Context(), in.Purpose, other)
			want(t, auth.ErrNotFound, err)
			_, err = s.TakeToken(t.Context(), in.Purpose, other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("no two tokens share a digest", func(t *testing.T) {
		u := addUser(t, s)
		in, again := addToken(t, s, u.ID, uuid.Nil), newToken(u.ID, uuid.Nil)
		again.Digest = in.Digest
		again.Purpose = auth.PurposeConfirm
		refused(t, s.CreateToken(t.Context(), again))
	})

	t.Run("a token belongs to somebody", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.CreateToken(t.Context(), newToken(newID(), uuid.Nil)))
		want(t, auth.ErrNotFound, s.CreateToken(t.Context(), newToken(uuid.Nil, newID())))
		refused(t, s.CreateToken(t.Context(), newToken(uuid.Nil, uuid.Nil)))
	})

	t.Run("deleting removes all tokens of a user and no one else's", func(t *testing.T) {
		u := addUser(t, s)
		gone := []*auth.OneTimeToken{addToken(t, s, u.ID, uuid.Nil), addToken(t, s, u.ID, uuid.Nil)}
		stay := []*auth.OneTimeToken{
			addToken(t, s, addUser(t, s).ID, uuid.Nil), addToken(t, s, uuid.Nil, addSignUp(t, s, email()).ID),
		}
		for range 2 {
			must(t, s.DeleteTokens(t.Context(), u.ID))
		}
		for _, token := range gone {
			_, err := s.TokenByDigest(t.Context(), token.Purpose, token.Digest)
			want(t, auth.ErrNotFound, err)
		}
		for _, token := range stay {
			_, err := s.TokenByDigest(t.Context(), token.Purpose, token.Digest)
			must(t, err)
		}
	})
}
