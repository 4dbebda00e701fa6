package auth_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// occupied returns a hasher that makes one hash at a time, lets nobody wait, and is at a hash until the test ends.
func occupied(t *testing.T) *secret.Hasher {
	t.Helper()
	hasher, _ := occupiedAndCounted(t)
	return hasher
}

// occupiedAndCounted is occupied, and counts the hashes, of which that one is the first.
func occupiedAndCounted(t *testing.T) (hasher *secret.Hasher, made *atomic.Int32) {
	t.Helper()
	hasher, made = authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(1, 0, 0)), new(atomic.Int32)
	begun, end := make(chan struct{}), make(chan struct{})
	hasher.Observe(func(_ context.Context, work secret.HashWork) {
		if work.Err == nil && made.Add(1) == 1 {
			close(begun)
			<-end
		}
	})
	var other sync.WaitGroup
	other.Go(func() {
		if _, err := hasher.Hash(context.WithoutCancel(t.Context()), wrongPassword); err != nil {
			t.Errorf("the hash of the other: got %v, want none refused", err)
		}
	})
	t.Cleanup(func() { close(end); other.Wait() })
	<-begun
	return hasher, made
}

func TestWhileTooManyPasswordsAreChecked(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, token := w.LogIn(t, ada, adasPassword)
	hasher, made := occupiedAndCounted(t)
	full := w.Replica(authtest.Difference{Hasher: hasher})
	current, attempts := adasPassword, 0

	for _, c := range []struct {
		name    string
		attempt func() error
	}{
		{"login", func() error {
			_, err := full.Login(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword})
			return err
		}},
		{"register", func() error {
			_, err := full.Register(t.Context(), auth.RegisterInput{Email: nobody, Password: adasPassword})
			return err
		}},
		{"change of the password", func() error {
			_, err := full.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			return err
		}},
		{"reauthentication", func() error {
			_, err := full.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &current})
			return err
		}},
		{"new account", func() error {
			attempts++
			_, err := full.CreateAccount(t.Context(), auth.NewAccount{Email: fmt.Sprintf("n%d@lovelace.example", attempts), Role: auth.RoleUser, Password: newPassword})
			return err
		}},
	} {
		t.Run(c.name+" says when to come back", func(t *testing.T) { turnedAway(t, c.attempt) })
	}

	t.Run("a session goes on meanwhile", func(t *testing.T) {
		for range 20 {
			if !lives(t, full, token) {
				t.Fatal("got a refused token, want an accepted one")
			}
		}
	})

	t.Run("reset says when to come back, and its link still works then", func(t *testing.T) {
		var link secret.Text
		turnedAway(t, func() error {
			link = resetLinkAmong(t, w, ada)
			_, err := full.ResetPassword(t.Context(), link, newPassword)
			return err
		})
		_, err := w.ResetPassword(t.Context(), link, newPassword)
		must(t, err)
	})

	t.Run("setting a password says when to come back", func(t *testing.T) {
		turnedAway(t, func() error {
			_, err := full.SetPassword(t.Context(), ada, newPassword)
			return err
		})
	})

	// The other is still at its hash, so no answer has waited for that, or was an answer about a password.
	if got := made.Load(); got != 1 {
		t.Errorf("hashes: got %d, want 1, that of the other", got)
	}
}

// turnedAway fails the test unless the attempt is told when to come back.
func turnedAway(t *testing.T, attempt func() error) {
	t.Helper()
	fault := failed(t, attempt(), auth.RateLimited)
	if fault.RetryAfter != secret.BusyRetryAfter {
		t.Errorf("when to come back: got after %v, want %v", fault.RetryAfter, secret.BusyRetryAfter)
	}
}
