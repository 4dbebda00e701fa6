package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("refresh chains", refreshChains)
	_ = newCalls(calls{
		"CreateRefreshChain": func(ctx context.Context, s rows) error {
			return s.CreateRefreshChain(ctx, newRefreshChain(newID()))
		},
		"RefreshChain": func(ctx context.Context, s rows) error {
			_, _, _, err := s.RefreshChain(ctx, digest())
			return err
		},
		"RotateRefreshChain": func(ctx context.Context, s rows) error {
			return s.RotateRefreshChain(ctx, rotated(newRefreshChain(newID())), noon.Add(time.Minute))
		},
		"ForgetSuccessors": func(ctx context.Context, s rows) error { _, err := s.ForgetSuccessors(ctx, noon, 1); return err },
	})
)

func newRefreshChain(session uuid.UUID) *auth.RefreshChain {
	return &auth.RefreshChain{SessionID: session, Family: digest(), Digest: digest(), RotatedAt: noon}
}

// rotated returns the chain after its good token was used.
func rotated(c *auth.RefreshChain) *auth.RefreshChain {
	return &auth.RefreshChain{
		SessionID: c.SessionID, Family: c.Family, Digest: digest(), Previous: c.Digest, Sealed: []byte("sealed"), RotatedAt: c.RotatedAt.Add(time.Minute), RotatedBy: []byte("client"),
	}
}

func addRefreshChain(t *testing.T, s auth.Store) (*auth.RefreshChain, *auth.Session, *auth.User) {
	t.Helper()
	u := addUser(t, s)
	session := addSession(t, s, u.ID)
	c := newRefreshChain(session.ID)
	must(t, s.CreateRefreshChain(t.Context(), c))
	return c, session, u
}

func refreshChains(t *testing.T, open Open) {
	s := open(t)
	comesBack := func(t *testing.T, s auth.Store, in *auth.RefreshChain) {
		t.Helper()
		out, _, _, err := s.RefreshChain(t.Context(), in.Family)
		must(t, err)
		same(t, in, out)
	}

	t.Run("a chain comes back with its session and user", func(t *testing.T) {
		in, session, u := addRefreshChain(t, s)
		addRefreshChain(t, s)
		out, gotSession, gotUser, err := s.RefreshChain(t.Context(), in.Family)
		must(t, err)
		same(t, in, out)
		same(t, session, gotSession)
		same(t, u, gotUser)
	})

	t.Run("a family finds nothing but its own chain", func(t *testing.T) {
		in, _, _ := addRefreshChain(t, s)
		for _, other := range [][]byte{digest(), nil, {}, in.Digest, in.Family[:31]} {
			_, _, _, err := s.RefreshChain(t.Context(), other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("a session has one chain, a family is of one, and nobody has none", func(t *testing.T) {
		in, session, u := addRefreshChain(t, s)
		refused(t, s.CreateRefreshChain(t.Context(), newRefreshChain(session.ID)))
		other := newRefreshChain(addSession(t, s, u.ID).ID)
		other.Family = in.Family
		refused(t, s.CreateRefreshChain(t.Context(), other))
		want(t, auth.ErrNotFound, s.CreateRefreshChain(t.Context(), newRefreshChain(newID())))
		comesBack(t, s, in)
	})

	t.Run("a chain rotates from its good token, and from no other", func(t *testing.T) {
		first, _, _ := addRefreshChain(t, s)
		second := rotated(first)
		must(t, s.RotateRefreshChain(t.Context(), second, noon.Add(time.Minute)))
		comesBack(t, s, second)
		want(t, auth.ErrNotFound, s.RotateRefreshChain(t.Context(), rotated(first), noon.Add(time.Minute)))
		comesBack(t, s, second)
		must(t, s.RotateRefreshChain(t.Context(), rotated(second), noon.Add(time.Minute)))
	})

	t.Run("of twenty who rotate at once, one does", func(t *testing.T) {
		first, _, _ := addRefreshChain(t, s)
		_, errs := atOnce(20, func(int) (struct{}, error) {
			return struct{}{}, s.RotateRefreshChain(t.Context(), rotated(first), noon.Add(time.Minute))
		})
		if winners := count(t, errs, auth.ErrNotFound); winners != 1 {
			t.Errorf("%d rotated", winners)
		}
	})

	t.Run("a chain goes with its session, and when that is renewed", func(t *testing.T) {
		ended, session, _ := addRefreshChain(t, s)
		must(t, s.EndSession(t.Context(), session.ID))
		renewed, session, _ := addRefreshChain(t, s)
		_, err := s.RenewSession(t.Context(), session.ID, digest(), noon)
		must(t, err)
		for _, gone := range []*auth.RefreshChain{ended, renewed} {
			_, _, _, err := s.RefreshChain(t.Context(), gone.Family)
			want(t, auth.ErrNotFound, err)
			want(t, auth.ErrNotFound, s.RotateRefreshChain(t.Context(), rotated(gone), noon.Add(time.Minute)))
		}
	})

	t.Run("what is sealed is forgotten in its time, so many at once, and nothing else with it", func(t *testing.T) {
		s := open(t)
		var old []*auth.RefreshChain
		for range 3 {
			first, _, _ := addRefreshChain(t, s)
			old = append(old, rotated(first))
			must(t, s.RotateRefreshChain(t.Context(), old[len(old)-1], noon.Add(time.Minute)))
		}
		first, _, _ := addRefreshChain(t, s)
		recent := rotated(first)
		recent.RotatedAt = old[0].RotatedAt.Add(time.Microsecond)
		must(t, s.RotateRefreshChain(t.Context(), recent, noon.Add(time.Minute)))
		never, _, _ := addRefreshChain(t, s)

		for _, wanted := range []int{2, 1, 0} {
			n, err := s.ForgetSuccessors(t.Context(), old[0].RotatedAt, 2)
			must(t, err)
			wantCount(t, wanted, n)
		}
		for _, c := range old {
			c.Sealed = nil
			comesBack(t, s, c)
		}
		comesBack(t, s, recent)
		comesBack(t, s, never)
	})
}
