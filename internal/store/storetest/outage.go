package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// RunOutage runs the part of the contract that is about a database which goes away: cut ends all
// connections of the store and keeps it from making others, mend lets it.
func RunOutage(t *testing.T, open func(t *testing.T) (s auth.Store, cut, mend func())) {
	s, cut, mend := open(t)
	known, lost, doubtful := addUser(t, s), newUser(), newUser()
	session := addSession(t, s, known.ID)

	t.Run("a transaction that loses its connection fails", func(t *testing.T) {
		refused(t, inTx(t, s, func(tx auth.Tx) error {
			must(t, tx.CreateUser(t.Context(), lost))
			cut()
			return inside(t, tx).Ping(t.Context())
		}))
	})

	t.Run("a commit that does not reach the database fails", func(t *testing.T) {
		mend()
		back(t, s)
		refused(t, inTx(t, s, func(tx auth.Tx) error {
			must(t, tx.CreateUser(t.Context(), doubtful))
			cut()
			return nil
		}))
	})

	t.Run("while it is away, nothing is known and nobody is logged out", func(t *testing.T) {
		for name, call := range callsOf(s) {
			t.Run(name, func(t *testing.T) { refused(t, call(t.Context())) })
		}
		_, _, err := s.SessionByDigest(t.Context(), session.TokenDigest)
		refused(t, err)
	})

	t.Run("when it is back, the store works again by itself", func(t *testing.T) {
		mend()
		back(t, s)
		_, user, err := s.SessionByDigest(t.Context(), session.TokenDigest)
		must(t, err)
		same(t, known, user)
		for _, u := range []*auth.User{lost, doubtful} {
			_, err = s.UserByID(t.Context(), u.ID)
			want(t, auth.ErrNotFound, err)
		}
	})
}

// back waits until the store works again. It may meet a few connections first that it did not know
// to be dead.
func back(t *testing.T, s auth.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		err := s.InTx(ctx, func(tx auth.Tx) error { return inside(t, tx).Ping(ctx) })
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the store did not come back: %v", err)
		}
	}
}
