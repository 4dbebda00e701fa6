package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

var _ = newPart("transactions", transactions)

// inTx runs fn in a transaction of the test's context.
func inTx(t *testing.T, s auth.Store, fn func(tx auth.Tx) error) error {
	t.Helper()
	return s.InTx(t.Context(), fn)
}

// rows is a store without its transactions.
type rows interface {
	Ping(ctx context.Context) error
	auth.Tx
	auth.PasskeyTx
	auth.ProviderTx
	auth.AdminTx
	auth.ImportTx
	auth.InvitationTx
	auth.EventTx
	auth.Reader
	auth.Writer
	auth.RecentSessionReader
	ratelimit.Store
	auth.OutboxStore
	auth.MailQueueStore
	auth.CleanUpStore
}

// inside returns a transaction with the methods that use cases have outside of one only. The transactions
// of our backends have them too, and the suite looks through them at what a transaction has done.
func inside(t *testing.T, tx auth.Tx) rows {
	t.Helper()
	all, ok := tx.(rows)
	if !ok {
		t.Fatalf("a transaction is a %T, which does not have all methods", tx)
	}
	return all
}

func transactions(t *testing.T, open Open) {
	s := open(t)
	errStop := errors.New("stop")

	t.Run("what a transaction did is seen inside at once, outside after it, and together", func(t *testing.T) {
		u := newUser()
		session := newSession(u.ID)
		must(t, inTx(t, s, func(tx auth.Tx) error {
			if err := errors.Join(inside(t, tx).Ping(t.Context()), tx.CreateUser(t.Context(), u), tx.CreateSession(t.Context(), session)); err != nil {
				return err
			}
			if _, _, err := tx.SessionByDigest(t.Context(), session.TokenDigest); err != nil {
				return err
			}
			_, err := s.UserByID(t.Context(), u.ID)
			want(t, auth.ErrNotFound, err)
			return nil
		}))
		_, user, err := s.SessionByDigest(t.Context(), session.TokenDigest)
		must(t, err)
		same(t, u, user)
	})

	t.Run("an error comes back as it is and undoes everything", func(t *testing.T) {
		before, after := addUser(t, s), newUser()
		err := inTx(t, s, func(tx auth.Tx) error {
			changed := *before
			changed.Name = "changed"
			must(t, errors.Join(tx.CreateUser(t.Context(), after), tx.UpdateUser(t.Context(), &changed)))
			return errStop
		})
		if err != errStop { //nolint:errorlint // it is promised to be the same
			t.Errorf("got error %v, want the one returned", err)
		}
		_, err = s.UserByID(t.Context(), after.ID)
		want(t, auth.ErrNotFound, err)
		got, err := s.UserByID(t.Context(), before.ID)
		must(t, err)
		same(t, before, got)
	})

	t.Run("a panic goes on and undoes everything", func(t *testing.T) {
		u := newUser()
		func() {
			defer func() {
				if recover() != "stop" {
					t.Error("got no panic, want the one that was raised")
				}
			}()
			_ = inTx(t, s, func(tx auth.Tx) error {
				must(t, tx.CreateUser(t.Context(), u))
				panic("stop")
			})
		}()
		_, err := s.UserByID(t.Context(), u.ID)
		want(t, auth.ErrNotFound, err)
		must(t, s.CreateUser(t.Context(), u))
	})

	t.Run("not finding something, or an email taken, leaves the transaction whole", func(t *testing.T) {
		taken, u, second := addUser(t, s), newUser(), newUser()
		must(t, inTx(t, s, func(tx auth.Tx) error {
			must(t, tx.CreateUser(t.Context(), u))
			_, err := tx.UserByID(t.Context(), newID())
			want(t, auth.ErrNotFound, err)
			_, err = tx.TakeToken(t.Context(), auth.PurposeReset, digest())
			want(t, auth.ErrNotFound, err)
			second.Email = taken.Email
			want(t, auth.ErrEmailTaken, tx.CreateUser(t.Context(), second))
			changed := *u
			changed.Email = taken.Email
			want(t, auth.ErrEmailTaken, tx.UpdateUser(t.Context(), &changed))
			want(t, auth.ErrNotFound, tx.UpdateUser(t.Context(), second))
			want(t, auth.ErrNotFound, tx.SetPassword(t.Context(), second.ID, "hash", noon))
			return tx.CreateSession(t.Context(), newSession(u.ID))
		}))
		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, got)
	})

	t.Run("a statement that failed is never committed around", func(t *testing.T) {
		u := newUser()
		if err := inTx(t, s, func(tx auth.Tx) error {
			must(t, tx.CreateUser(t.Context(), u))
			want(t, auth.ErrNotFound, tx.CreateSession(t.Context(), newSession(newID())))
			return nil
		}); err == nil {
			t.Error("got a commit, want none")
		}
		_, err := s.UserByID(t.Context(), u.ID)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a context that ends undoes everything", func(t *testing.T) {
		u := newUser()
		ctx, cancel := context.WithCancel(t.Context())
		err := s.InTx(ctx, func(tx auth.Tx) error {
			must(t, tx.CreateUser(ctx, u))
			cancel()
			return nil
		})
		want(t, context.Canceled, err)
		_, err = s.UserByID(t.Context(), u.ID)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a lock needs a transaction", func(t *testing.T) {
		_, err := s.LockUser(t.Context(), addUser(t, s).ID)
		refused(t, err)
	})

	t.Run("a locked user is read like any other, or not found", func(t *testing.T) {
		u := addUser(t, s)
		must(t, inTx(t, s, func(tx auth.Tx) error {
			got, err := tx.LockUser(t.Context(), u.ID)
			must(t, err)
			same(t, u, got)
			_, err = tx.LockUser(t.Context(), newID())
			want(t, auth.ErrNotFound, err)
			_, err = tx.LockUser(t.Context(), uuid.Nil)
			want(t, auth.ErrNotFound, err)
			return nil
		}))
	})
}
