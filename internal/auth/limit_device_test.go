package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// besiege uses up all guesses of an account, from many addresses.
func besiege(t *testing.T, w *authtest.World, email string) {
	t.Helper()
	for i := range 5 {
		refused(t, guess(fromAddress(t, i), w, email), auth.InvalidCredentials)
	}
	for i := range 3 {
		tooOften(t, guess(fromAddress(t, 5+i), w, email), time.Minute)
	}
}

func TestNobodyLocksTheOwnerOut(t *testing.T) {
	t.Parallel()
	home, elsewhere := from(t, "192.0.2.1", laptop), from(t, "203.0.113.1", phone)

	t.Run("who has logged in from there before gets in, and nobody else", func(t *testing.T) {
		onEach(t, func(t *testing.T, store auth.Store) {
			w := authtest.New(t, store, authtest.Mandatory)
			w.Join(t, ada, adasPassword)
			must(t, enters(home, w))
			besiege(t, w, ada)
			tooOften(t, enters(elsewhere, w), time.Minute)
			must(t, enters(home, w))
			must(t, enters(from(t, "192.0.2.1", phone), w))
		})
	})

	t.Run("for 30 days", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		must(t, enters(home, w))
		w.Clock.Advance(30*day - time.Microsecond)
		besiege(t, w, ada)
		must(t, enters(home, w))
		w.Clock.Advance(30 * day)
		besiege(t, w, ada)
		tooOften(t, enters(home, w), time.Minute)
	})

	t.Run("but has no more guesses than others, and takes none from them", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		must(t, enters(home, w))
		for range 5 {
			refused(t, guess(home, w, ada), auth.InvalidCredentials)
		}
		tooOften(t, enters(home, w), time.Minute)
		must(t, enters(elsewhere, w))
	})

	t.Run("and only to that account", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		must(t, enters(home, w))
		besiege(t, w, nobody)
		tooOften(t, guess(home, w, nobody), time.Minute)
	})

	t.Run("by the username as well", func(t *testing.T) {
		config := authtest.Mandatory
		config.Usernames = auth.UsernamesOptional
		w := authtest.New(t, authtest.SQLite(t), config)
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		_, err := w.ChangeUsername(t.Context(), caller, "ada")
		must(t, err)
		must(t, enters(home, w))
		byName := auth.LoginInput{Username: "Ada", Password: wrongPassword}
		for i := range 5 {
			_, err := w.Login(fromAddress(t, i), byName)
			refused(t, err, auth.InvalidCredentials)
		}
		_, err = w.Login(elsewhere, byName)
		tooOften(t, err, time.Minute)
		byName.Password = adasPassword
		_, err = w.Login(home, byName)
		must(t, err)
		must(t, enters(elsewhere, w)) // the address has guesses of its own, so that it tells nothing of the name
	})

	t.Run("a live session goes on, and a mailed code and a reset get in", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		_, session := w.LogIn(t, ada, adasPassword)
		besiege(t, w, ada)
		if !lives(t, w, session) {
			t.Error("the session has ended")
		}
		_, err := w.LoginWithCode(elsewhere, askForCode(t, w, ada))
		must(t, err)
		must(t, enters(elsewhere, w)) // which is known by that

		link, there := resetLinkAmong(t, w, ada), from(t, "203.0.113.2", phone)
		tooOften(t, enters(there, w), time.Minute)
		_, err = w.ResetPassword(there, link, adasPassword)
		must(t, err)
		must(t, enters(there, w))
	})

	t.Run("mail that others ask for in the owner's name is not theirs to use up", func(t *testing.T) {
		config := authtest.Mandatory
		config.LoginCodes = true
		w := authtest.New(t, authtest.SQLite(t), config)
		w.Join(t, ada, adasPassword)
		must(t, enters(home, w))
		for i := range 5 {
			must(t, w.RequestPasswordReset(fromAddress(t, i), ada, ""))
		}
		for i := range 11 {
			_, err := w.RequestLoginCode(fromAddress(t, i), ada)
			must(t, err)
		}
		tooOften(t, w.RequestPasswordReset(elsewhere, ada, ""), 12*time.Second)
		must(t, w.RequestPasswordReset(home, ada, ""))
		_, err := w.RequestLoginCode(elsewhere, ada)
		tooOften(t, err, 10*time.Second)
		_, err = w.RequestLoginCode(home, ada)
		must(t, err)
	})

	t.Run("one of whom no address is known is no known client", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		must(t, enters(t.Context(), w))
		besiege(t, w, ada)
		tooOften(t, enters(t.Context(), w), time.Minute)
	})
}

func TestWhoTakesAnAccountBackIsTheOnlyOneItKnows(t *testing.T) {
	t.Parallel()
	home, thief := from(t, "203.0.113.9", phone), from(t, "198.51.100.66", laptop)
	for name, takeBack := range map[string]func(t *testing.T, w *authtest.World, caller *auth.Caller){
		"by a reset": func(t *testing.T, w *authtest.World, _ *auth.Caller) {
			_, err := w.ResetPassword(home, resetLinkAmong(t, w, ada), adasPassword)
			must(t, err)
		},
		"by another password": func(t *testing.T, w *authtest.World, caller *auth.Caller) {
			current := adasPassword
			_, err := w.ChangePassword(home, caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: adasPassword})
			must(t, err)
		},
		"by an operator": func(t *testing.T, w *authtest.World, _ *auth.Caller) {
			_, err := w.SetPassword(t.Context(), ada, adasPassword)
			must(t, err)
			must(t, enters(home, w))
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, authtest.Mandatory)
				w.Join(t, ada, adasPassword)
				must(t, enters(thief, w))
				caller, _ := w.LogIn(t, ada, adasPassword)
				takeBack(t, w, caller)
				besiege(t, w, ada)
				tooOften(t, enters(thief, w), time.Minute)
				must(t, enters(home, w))
			})
		})
	}
}

func TestClientsAreNotKnownToWhoTakesANameNext(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.Usernames = auth.UsernamesOptional
	old := from(t, "198.51.100.66", laptop)

	t.Run("a username", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), config)
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		rename(t, w, caller, "first")
		must(t, enters(old, w))
		rename(t, w, caller, "second")
		in := auth.LoginInput{Username: "first", Password: wrongPassword}
		for i := range 5 {
			_, err := w.Login(fromAddress(t, i), in)
			refused(t, err, auth.InvalidCredentials)
		}
		_, err := w.Login(old, in)
		tooOften(t, err, time.Minute)
	})

	t.Run("an address", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), config)
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		must(t, enters(old, w))
		w.Letters(t)
		must(t, w.RequestEmailChange(t.Context(), caller, "ada@new.example", ""))
		_, err := w.ConfirmEmailChange(t.Context(), caller, w.Letter(t, auth.LetterEmailChange).Token)
		must(t, err)
		besiege(t, w, ada)
		tooOften(t, guess(old, w, ada), time.Minute)
	})
}

// rename gives the caller another username.
func rename(t *testing.T, w *authtest.World, caller *auth.Caller, name string) {
	t.Helper()
	_, err := w.ChangeUsername(t.Context(), caller, name)
	must(t, err)
}
