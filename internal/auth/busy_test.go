package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// occupied returns a hasher that makes one hash at a time, lets nobody wait, and always has
// somebody at it until the test ends.
func occupied(t *testing.T) *secret.Hasher {
	t.Helper()
	hasher := authtest.Hasher(t, secret.Params{MemoryKiB: 4096, Passes: 4, Parallelism: 1}, secret.WithLimits(1, 0, 0))
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 2 {
		others.Add(1)
		go func() {
			defer others.Done()
			for {
				select {
				case <-stop:
					return
				default:
					_, err := hasher.Hash(t.Context(), wrongPassword)
					if err != nil && !errors.Is(err, secret.ErrBusy) {
						return // the test is over
					}
				}
			}
		}()
	}
	t.Cleanup(func() { close(stop); others.Wait() })
	return hasher
}

func TestWhileTooManyPasswordsAreChecked(t *testing.T) {
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, token := w.LogIn(t, ada, adasPassword)
	full := w.Replica(authtest.Difference{Hasher: occupied(t)})
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
			_, err := full.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: shortPassword})
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
}

// turnedAway tries until the hasher was occupied, between two hashes of the others it is free for a
// moment, and fails the test unless that is said.
func turnedAway(t *testing.T, attempt func() error) {
	t.Helper()
	var fault *auth.Error
	for {
		err := attempt()
		if errors.As(err, &fault) {
			discreet(t, err)
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("nobody was turned away")
		}
	}
	if fault.Kind != auth.RateLimited || fault.RetryAfter != secret.BusyRetryAfter {
		t.Errorf("it is of kind %d, to come back after %v", fault.Kind, fault.RetryAfter)
	}
}
