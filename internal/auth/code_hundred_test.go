//go:build !race

package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestAHundredWrongCodesEndTheCodesOfAnAddress(t *testing.T) {
	t.Parallel()
	locked := func(t *testing.T) *authtest.World {
		t.Helper()
		w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
		w.Join(t, ada, adasPassword)
		giveWrongCodes(t, w, ada, 99)
		in := askForCode(t, w, ada)
		invalid(t, w, auth.LoginWithCodeInput{RequestID: in.RequestID, Code: wrongCode})
		invalid(t, w, in)
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.NoLetter(t)
		return w
	}

	t.Run("until a login by password", func(t *testing.T) {
		w := locked(t)
		w.LogIn(t, ada, adasPassword)
		comeByCode(t, w, ada)
	})
	t.Run("until a reset", func(t *testing.T) {
		w := locked(t)
		_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
		must(t, err)
		w.Letters(t)
		comeByCode(t, w, ada)
	})
	t.Run("and not until any of these fails", func(t *testing.T) {
		w := locked(t)
		if logsIn(t, w, ada, wrongPassword) {
			t.Error("a wrong password works")
		}
		resetLink(t, w, ada)
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.NoLetter(t)
	})
	t.Run("a right one in between begins the count anew", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
		w.Join(t, ada, adasPassword)
		giveWrongCodes(t, w, ada, 99)
		comeByCode(t, w, ada) // the hundredth
		giveWrongCodes(t, w, ada, 99)
		comeByCode(t, w, ada)
	})
	t.Run("for a day at most, whatever wrong codes are given meanwhile", func(t *testing.T) {
		w := locked(t)
		for range 23 {
			w.Clock.Advance(time.Hour)
			giveWrongCodes(t, w, ada, 5)
		}
		w.Clock.Advance(time.Hour - time.Microsecond)
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.NoLetter(t)
		w.Clock.Advance(time.Microsecond)
		_, err = w.LoginWithCode(t.Context(), askForCode(t, w, ada))
		must(t, err)
	})

	t.Run("and of no other address", func(t *testing.T) {
		w := locked(t)
		w.Join(t, "grace@hopper.example", adasPassword)
		comeByCode(t, w, "grace@hopper.example")
	})
	t.Run("but not of those who step up by code: anybody can give wrong codes to log in", func(t *testing.T) {
		w := withCodes(t)
		caller := bareCaller(t, w)
		giveWrongCodes(t, w, ada, 100)
		_, err := w.RequestReauthenticationCode(t.Context(), caller)
		must(t, err)
		w.Letter(t, auth.LetterReauthenticationCode)
	})
	t.Run("nor of whoever comes to have the address later", func(t *testing.T) {
		w := withCodes(t)
		signUp(t, w, ada, adasPassword)
		link := w.Letter(t, auth.LetterConfirm).Token
		giveWrongCodes(t, w, ada, 100)
		w.Clock.Advance(4 * time.Hour) // for the budget of emails, which the requests for codes have used
		_, err := w.ConfirmEmail(t.Context(), link)
		must(t, err)
		comeByCode(t, w, ada)
	})
}
