package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = newPart("races", races)

// atOnce runs fn n times at the same time and returns what came of each.
func atOnce[T any](n int, fn func(i int) (T, error)) ([]T, []error) {
	results, errs := make([]T, n), make([]error, n)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			results[i], errs[i] = fn(i)
		})
	}
	close(start)
	group.Wait()
	return results, errs
}

// count returns how many of the errors are nil, and fails the test for any that is neither nil nor
// the one expected of losers.
func count(t *testing.T, errs []error, loser error) (winners int) {
	t.Helper()
	for _, err := range errs {
		if err == nil {
			winners++
		} else if loser == nil || !errors.Is(err, loser) {
			t.Errorf("unexpected error: %v", err)
		}
	}
	return winners
}

func races(t *testing.T, open Open) {
	s := open(t)

	t.Run("of fifty who create a user with one key, one does", func(t *testing.T) {
		address := email()
		created, errs := atOnce(50, func(int) (*auth.User, error) {
			u := newUser()
			u.Email = address
			return u, s.CreateUser(t.Context(), u)
		})
		if n := count(t, errs, auth.ErrEmailTaken); n != 1 {
			t.Fatalf("%d users were created", n)
		}
		got, err := s.UserByEmail(t.Context(), address.Canonical)
		must(t, err)
		same(t, created[slices.Index(errs, nil)], got)
	})

	t.Run("of twenty who take a token, one gets it", func(t *testing.T) {
		token := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		_, errs := atOnce(20, func(int) (*auth.OneTimeToken, error) {
			return s.TakeToken(t.Context(), token.Purpose, token.Digest)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d got the token", n)
		}
	})

	t.Run("a token taken in a transaction that fails can be taken by the one who waits", func(t *testing.T) {
		token := addToken(t, s, addUser(t, s).ID, uuid.Nil)
		taken, errStop := make(chan struct{}), errors.New("stop")
		_, errs := atOnce(2, func(i int) (*auth.OneTimeToken, error) {
			if i == 1 {
				<-taken
				return s.TakeToken(t.Context(), token.Purpose, token.Digest)
			}
			return nil, s.InTx(t.Context(), func(tx auth.Tx) error {
				_, err := tx.TakeToken(t.Context(), token.Purpose, token.Digest)
				close(taken)
				return errors.Join(err, errStop)
			})
		})
		want(t, errStop, errs[0])
		must(t, errs[1])
	})

	t.Run("those who take the sign-ups of an address at once share nothing", func(t *testing.T) {
		address := email()
		for range 10 {
			addSignUp(t, s, address)
		}
		taken, errs := atOnce(8, func(int) ([]*auth.SignUp, error) {
			return s.TakeSignUps(t.Context(), address.Canonical)
		})
		count(t, errs, nil)
		seen := map[uuid.UUID]bool{}
		for _, signUp := range slices.Concat(taken...) {
			if seen[signUp.ID] {
				t.Error("got a sign-up taken twice, want once")
			}
			seen[signUp.ID] = true
		}
		if len(seen) != 10 {
			t.Errorf("%d sign-ups were taken, want 10", len(seen))
		}
	})

	t.Run("a session ends for one of those who end it", func(t *testing.T) {
		session := addSession(t, s, addUser(t, s).ID)
		_, errs := atOnce(10, func(int) (any, error) { return nil, s.EndSession(t.Context(), session.ID) })
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("the session ended %d times", n)
		}
	})

	t.Run("no change under the lock of a user is lost, and the password read under it is current", func(t *testing.T) {
		u := newUser()
		u.Name, u.PasswordHash = "0", "0"
		must(t, s.CreateUser(t.Context(), u))
		const rounds = 20
		_, errs := atOnce(rounds, func(int) (any, error) {
			return nil, s.InTx(t.Context(), func(tx auth.Tx) error {
				u, err := tx.LockUser(t.Context(), u.ID)
				if err != nil {
					return err
				}
				if u.Name != u.PasswordHash.Reveal() {
					return fmt.Errorf("the name is of round %s, the password of another", u.Name)
				}
				n, err := strconv.Atoi(u.Name)
				if err != nil {
					return err
				}
				u.Name = strconv.Itoa(n + 1)
				return errors.Join(tx.UpdateUser(t.Context(), u), tx.SetPassword(t.Context(), u.ID, secret.Text(u.Name), noon))
			})
		})
		count(t, errs, nil)
		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		if got.Name != strconv.Itoa(rounds) {
			t.Errorf("%s of %d changes are left", got.Name, rounds)
		}
	})

	t.Run("who holds the lock is alone with the user and its password", func(t *testing.T) {
		u := addUser(t, s)
		others := []func() error{
			func() error { return s.SetPassword(t.Context(), u.ID, "theirs", noon) },
			func() error { changed := *u; changed.Name = "theirs"; return s.UpdateUser(t.Context(), &changed) },
			func() error { return s.SetPassword(t.Context(), u.ID, "", noon) },
		}
		for _, other := range others {
			done := make(chan error, 1)
			must(t, inTx(t, s, func(tx auth.Tx) error {
				before, err := tx.LockUser(t.Context(), u.ID)
				must(t, err)
				go func() { done <- other() }()
				select {
				case err := <-done:
					t.Errorf("somebody else changed a locked user (error: %v)", err)
					done <- err
				case <-time.After(50 * time.Millisecond): // long enough for one who does not wait
				}
				after, err := tx.UserByID(t.Context(), u.ID)
				must(t, err)
				same(t, before, after)
				return nil
			}))
			must(t, <-done)
		}
	})

	t.Run("an item that is being leased is not leased by another, who may take the rest", func(t *testing.T) {
		s := open(t)
		first, second := addMail(t, s, noon), addMail(t, s, noon)
		others := make(chan []*auth.OutboxItem, 1)
		must(t, inTx(t, s, func(tx auth.Tx) error {
			wantItems(t, leaseAt(t, inside(t, tx), newID(), noon, 1), first)
			go func() {
				items, err := s.LeaseOutbox(t.Context(), newID(), noon, noon.Add(time.Minute), 10)
				count(t, []error{err}, nil)
				others <- items
			}()
			select { // a store with one writer lets the other wait
			case items := <-others:
				others <- items
			case <-time.After(50 * time.Millisecond):
			}
			return nil
		}))
		wantItems(t, <-others, second)
	})

	t.Run("holders who lease at once share nothing and leave nothing", func(t *testing.T) {
		s := open(t)
		const items, holders = 40, 8
		for range items {
			addMail(t, s, noon)
		}
		leased, errs := atOnce(holders, func(int) (got []*auth.OutboxItem, err error) {
			holder := newID()
			for {
				some, err := s.LeaseOutbox(t.Context(), holder, noon, noon.Add(time.Minute), 3)
				if err != nil || len(some) == 0 {
					return got, err
				}
				if len(some) > 3 {
					return got, fmt.Errorf("%d items were leased of at most 3", len(some))
				}
				got = append(got, some...)
			}
		})
		count(t, errs, nil)
		seen := map[uuid.UUID]bool{}
		for _, item := range slices.Concat(leased...) {
			if seen[item.ID] || item.Attempts != 1 {
				t.Error("got an item leased twice, want once")
			}
			seen[item.ID] = true
		}
		if len(seen) != items {
			t.Errorf("%d items were leased, want %d", len(seen), items)
		}
	})
}
