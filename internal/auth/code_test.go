package auth_test

import (
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// giveWrongCodes gives so many wrong codes, each request's five tries after the other.
func giveWrongCodes(t *testing.T, w *authtest.World, email string, count int) {
	t.Helper()
	for given := 0; given < count; {
		id, err := w.RequestLoginCode(t.Context(), email)
		must(t, err)
		for range min(5, count-given) {
			invalid(t, w, auth.LoginWithCodeInput{RequestID: id, Code: wrongCode})
			given++
		}
	}
	w.Letters(t)
}

func TestCodesAreVoid(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *authtest.World){
		"after a reset": func(t *testing.T, w *authtest.World) {
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
		},
		"after a change of the password": func(t *testing.T, w *authtest.World) {
			caller, _ := w.LogIn(t, ada, adasPassword)
			current := adasPassword
			_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			must(t, err)
		},
		"after an operator set the password": func(t *testing.T, w *authtest.World) {
			_, err := w.SetPassword(t.Context(), ada, newPassword)
			must(t, err)
		},
		"when the address goes to somebody else": func(t *testing.T, w *authtest.World) {
			user := reload(t, w, ada)
			user.Email = address.Email{Address: nobody, Canonical: nobody}
			must(t, w.Store.UpdateUser(t.Context(), user))
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Verified: true})
			must(t, err)
		},
		"when the user moves to another address": func(t *testing.T, w *authtest.World) {
			user := reload(t, w, ada)
			user.Email = address.Email{Address: nobody, Canonical: nobody}
			must(t, w.Store.UpdateUser(t.Context(), user))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := withCodes(t)
			w.Join(t, ada, adasPassword)
			in := askForCode(t, w, ada)
			change(t, w)
			invalid(t, w, in)
		})
		t.Run(name+", also between the comparison and the session", func(t *testing.T) {
			w := withCodes(t)
			w.Join(t, ada, adasPassword)
			in := askForCode(t, w, ada)
			transactions := 0
			var meanwhile sync.Once
			store := authtest.Observe(w.Store, func(method string) {
				if method == "InTx" {
					if transactions++; transactions == 2 {
						meanwhile.Do(func() { change(t, w) })
					}
				}
			})
			invalid(t, w.Replica(authtest.Difference{Store: store}), in)
		})
	}
}

// TestACodeEndsWithItsSignUp asks for a code three minutes before the sign-up ends.
func TestACodeEndsWithItsSignUp(t *testing.T) {
	t.Parallel()
	w := withCodes(t)
	signUp(t, w, ada, adasPassword)
	w.Letters(t)
	w.Clock.Advance(7*24*time.Hour - 3*time.Minute)
	id, err := w.RequestLoginCode(t.Context(), ada)
	must(t, err)
	letter := w.Letter(t, auth.LetterLoginCode)
	if letter.ValidFor != 3*time.Minute {
		t.Errorf("got a code that the letter calls valid for %v, want 3m", letter.ValidFor)
	}
	w.Clock.Advance(3 * time.Minute)
	invalid(t, w, auth.LoginWithCodeInput{RequestID: id, Code: letter.Code})
}
