package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// wrongCodes returns how many wrong codes are counted for the address.
func wrongCodes(t *testing.T, w *authtest.World) int {
	t.Helper()
	n, err := w.Store.WrongCodes(t.Context(), ada, time.Time{})
	must(t, err)
	return n
}

func TestCodesAtTheSameMoment(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
		w.Join(t, ada, adasPassword)

		t.Run("of a hundred wrong tries, five are compared", func(t *testing.T) {
			in := askForCode(t, w, ada)
			for _, err := range atOnce(100, func(int) error {
				_, err := w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: in.RequestID, Code: wrongCode})
				return err
			}) {
				refused(t, err, auth.InvalidCode)
			}
			if n := wrongCodes(t, w); n != 5 {
				t.Errorf("%d were compared", n)
			}
			invalid(t, w, in)
		})

		t.Run("the right one among many wrong ones works only if it is of the five", func(t *testing.T) {
			for range 5 {
				in, before := askForCode(t, w, ada), wrongCodes(t, w)
				errs := atOnce(30, func(i int) error {
					if i == 15 {
						_, err := w.LoginWithCode(t.Context(), in)
						return err
					}
					_, err := w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: in.RequestID, Code: wrongCode})
					return err
				})
				for i, err := range errs {
					if i != 15 || err != nil {
						refused(t, err, auth.InvalidCode)
					}
				}
				// A right one takes the request along, at the latest with the fifth try, and
				// those counted before it are forgotten.
				if n := wrongCodes(t, w); errs[15] == nil && n > 4 || errs[15] != nil && n != before+5 {
					t.Errorf("%d are counted, %d before; the right one: %v", n, before, errs[15])
				}
			}
		})

		t.Run("a code works once", func(t *testing.T) {
			in := askForCode(t, w, ada)
			oneWins(t, atOnce(20, func(int) error {
				_, err := w.LoginWithCode(t.Context(), in)
				return err
			}), auth.InvalidCode)
		})

		t.Run("a code that proves who somebody is works once", func(t *testing.T) {
			user := reload(t, w, ada)
			must(t, w.Store.SetPassword(t.Context(), user.ID, "", w.Clock.Now()))
			caller := bareCaller(t, w)
			in := proofByCode(t, w, caller)
			oneWins(t, atOnce(20, func(int) error {
				_, err := w.Reauthenticate(t.Context(), caller, in)
				return err
			}), auth.InvalidCode)
		})
	})
}

func TestCodesAndOtherWaysAtTheSameMoment(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		t.Run("a sign-up becomes one user, whose password is gone or was confirmed first", func(t *testing.T) {
			for range 4 {
				w := authtest.New(t, store, authtest.WithLoginCodes(authtest.Mandatory))
				link := confirmLink(t, w, ada, evesPassword)
				codes := []auth.LoginWithCodeInput{askForCode(t, w, ada), askForCode(t, w, ada)}
				errs := atOnce(3, func(i int) error {
					if i == 2 {
						_, err := w.ConfirmEmail(t.Context(), link)
						return err
					}
					_, err := w.LoginWithCode(t.Context(), codes[i])
					return err
				})
				won := 0
				for i, err := range errs {
					switch {
					case err == nil:
						won++
					case i == 2:
						refused(t, err, auth.InvalidToken)
					default:
						refused(t, err, auth.InvalidCode)
					}
				}
				if won != 1 {
					t.Errorf("%d of them made the user", won)
				}
				if isIn := logsIn(t, w, ada, evesPassword); isIn != (errs[2] == nil) {
					t.Errorf("the password works: %v", isIn)
				}
				forget(t, w)
			}
		})

		t.Run("logins, wrong codes, resets and step-ups wait for each other and all come through", func(t *testing.T) {
			w := authtest.New(t, store, authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
			w.Join(t, ada, adasPassword)
			caller, _ := w.LogIn(t, ada, adasPassword)
			var codes []auth.LoginWithCodeInput
			for range 12 {
				codes = append(codes, askForCode(t, w, ada))
			}
			must(t, w.RequestPasswordReset(t.Context(), ada, ""))
			reset := w.Letter(t, auth.LetterReset).Token
			errs := atOnce(24, func(i int) error {
				var err error
				switch code := codes[i/2]; {
				case i == 1:
					_, err = w.ResetPassword(t.Context(), reset, adasPassword)
				case i%2 == 0:
					_, err = w.LoginWithCode(t.Context(), code)
				case i%3 == 0:
					_, err = w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: code.RequestID, Code: wrongCode})
				case i%5 == 0:
					_, err = w.Reauthenticate(t.Context(), caller, byPassword(adasPassword))
				default:
					_, err = w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
				}
				return err
			})
			var problems auth.Problems
			var fault *auth.Error
			for i, err := range errs {
				if err != nil && !errors.As(err, &problems) && !errors.As(err, &fault) {
					t.Errorf("%d ended with %v", i, err)
				}
			}
			must(t, errs[1])
		})

		t.Run("after a reset no code of before it opens a session that lives", func(t *testing.T) {
			w := authtest.New(t, store, authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
			for range 5 {
				w.Letters(t)
				in, link := askForCode(t, w, ada), resetLink(t, w, ada)
				var token secret.Text
				errs := atOnce(2, func(i int) error {
					if i == 0 {
						_, err := w.ResetPassword(t.Context(), link, newPassword)
						return err
					}
					grant, err := w.LoginWithCode(t.Context(), in)
					if err == nil {
						token = grant.Tokens.AccessToken
					}
					return err
				})
				must(t, errs[0])
				if errs[1] != nil {
					refused(t, errs[1], auth.InvalidCode)
				} else if lives(t, w, token) {
					t.Error("got a session that outlives the reset, want it ended")
				}
			}
		})
	})
}
