package storetest

import (
	"context"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newPart("absence", absence)

// transacted are the calls that make or need a transaction of their own, and the parts of one.
var transacted = map[string]func(ctx context.Context, s auth.Store) error{
	"InTx": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(auth.Tx) error { return nil })
	},
	"LockUser": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { _, err := tx.LockUser(ctx, newID()); return err })
	},
	"Passkeys": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { return tx.Passkeys().DeletePasskey(ctx, newID(), newID()) })
	},
	"Invitations": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { return tx.Invitations().DeleteInvitation(ctx, newID()) })
	},
	"Events": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { return tx.Events().AddEvent(ctx, newHappening()) })
	},
	"WatchSessions": func(ctx context.Context, s auth.Store) error {
		_, err := s.WatchSessions(ctx, newID())
		return err
	},
	"Providers": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { return tx.Providers().DeleteIdentity(ctx, newID(), newID()) })
	},
	"Administration": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { _, err := tx.Administration().LockAdmins(ctx, newID()); return err })
	},
}

// calls are one call of each of some methods, each about a user who is not there, or nothing.
type calls map[string]func(ctx context.Context, s rows) error

// newCalls adds calls of the methods of a feature to everything, and returns them. The file of the feature calls it.
func newCalls(of calls) calls {
	for method, call := range of {
		if everything[method] != nil {
			panic("storetest: two calls of " + method)
		}
		everything[method] = call
	}
	return of
}

// everything has a call of each method but those in transacted. newCalls adds to it.
var everything = calls{
	"Ping": func(ctx context.Context, s rows) error { return s.Ping(ctx) },
}

// callsOf are all of them, of one store.
func callsOf(s auth.Store) map[string]func(ctx context.Context) error {
	all := map[string]func(ctx context.Context) error{}
	for name, call := range everything {
		all[name] = func(ctx context.Context) error { return call(ctx, s) }
	}
	for name, call := range transacted {
		all[name] = func(ctx context.Context) error { return call(ctx, s) }
	}
	return all
}

func absence(t *testing.T, open Open) {
	s := open(t)

	t.Run("every method is called", func(t *testing.T) {
		called := callsOf(s)
		for method := range reflect.TypeFor[auth.Store]().Methods() {
			if called[method.Name] == nil {
				t.Errorf("got no call of %s in the suite, want one, by newCalls", method.Name)
			}
		}
	})

	t.Run("a context that has ended is an error of its own, never absence", func(t *testing.T) {
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
		defer cancelLate()
		for name, call := range callsOf(s) {
			t.Run(name, func(t *testing.T) {
				for ctx, wanted := range map[context.Context]error{canceled: context.Canceled, late: context.DeadlineExceeded} {
					err := call(ctx)
					refused(t, err)
					want(t, wanted, err)
				}
			})
		}
		must(t, s.Ping(t.Context()))
	})

	t.Run("in a transaction whose context has ended, too", func(t *testing.T) {
		for name, call := range everything {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				want(t, context.Canceled, s.InTx(ctx, func(tx auth.Tx) error {
					cancel()
					err := call(ctx, inside(t, tx))
					refused(t, err)
					return err
				}))
			})
		}
	})

	t.Run("a closed store does not know, rather than know of nothing", func(t *testing.T) {
		s := open(t)
		closer, ok := s.(io.Closer)
		if !ok {
			t.Fatal("the store cannot be closed")
		}
		must(t, closer.Close())
		for name, call := range callsOf(s) {
			t.Run(name, func(t *testing.T) { refused(t, call(t.Context())) })
		}
	})
}
