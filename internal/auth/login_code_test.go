package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("login_code", normalPriority)

// wrongCode is of the right form, and nobody's but once in 25,600,000,000 times.
const wrongCode secret.Text = "BCDF-GHJK"

// withCodes returns a world of its own in which one can log in by code.
func withCodes(t *testing.T) *authtest.World {
	t.Helper()
	return authtest.New(t, authtest.SQLite(t), authtest.WithLoginCodes(authtest.Mandatory))
}

// askForCode asks for a code and returns it with its request as it is mailed.
func askForCode(t *testing.T, w *authtest.World, email string) auth.LoginWithCodeInput {
	t.Helper()
	id, err := w.RequestLoginCode(t.Context(), email)
	must(t, err)
	return auth.LoginWithCodeInput{RequestID: id, Code: w.Letter(t, auth.LetterLoginCode).Code}
}

// comeByCode logs in by code.
func comeByCode(t *testing.T, w *authtest.World, email string) *auth.Grant {
	t.Helper()
	grant, err := w.LoginWithCode(t.Context(), askForCode(t, w, email))
	must(t, err)
	return grant
}

// invalid fails the test unless the code does not work.
func invalid(t *testing.T, w *authtest.World, in auth.LoginWithCodeInput) {
	t.Helper()
	_, err := w.LoginWithCode(t.Context(), in)
	refused(t, err, auth.InvalidCode)
}

func TestLoginWithCode(t *testing.T) {
	t.Parallel()
	t.Run("begins a session that is fresh, and leaves the password as it is", func(t *testing.T) {
		w := withCodes(t)
		user := w.Join(t, ada, adasPassword)
		w.Clock.Advance(time.Hour)
		grant := comeByCode(t, w, " ADA@lovelace.example ")
		if grant.User.ID != user.ID || !grant.Session.Fresh(w.Clock.Now()) || !grant.Session.AuthenticatedAt.Equal(w.Clock.Now()) {
			t.Error("the session is another's, or not fresh")
		}
		if !lives(t, w, grant.Tokens.AccessToken) || !logsIn(t, w, ada, adasPassword) {
			t.Error("the session is dead, or the password is")
		}
		if at := reload(t, w, ada).LastLoginAt; !at.Equal(w.Clock.Now()) {
			t.Errorf("the last login was at %v", at)
		}
	})

	t.Run("works until ten minutes after the mail was composed", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		id, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.Clock.Advance(time.Hour - time.Microsecond) // so long did the mail wait
		letter := w.Letter(t, auth.LetterLoginCode)
		if letter.ValidFor != 10*time.Minute {
			t.Errorf("the letter says that it is valid for %v", letter.ValidFor)
		}
		late := askForCode(t, w, ada)
		w.Clock.Advance(10*time.Minute - time.Microsecond)
		_, err = w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: id, Code: letter.Code})
		must(t, err)
		w.Clock.Advance(time.Microsecond)
		invalid(t, w, late)
	})

	t.Run("brings no mail an hour late", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.Clock.Advance(time.Hour)
		w.NoLetter(t)
	})

	t.Run("takes no code of another request, and a stranger's request voids none", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		hers, strangers := askForCode(t, w, ada), askForCode(t, w, ada)
		invalid(t, w, auth.LoginWithCodeInput{RequestID: strangers.RequestID, Code: hers.Code})
		invalid(t, w, auth.LoginWithCodeInput{RequestID: uuid.New(), Code: hers.Code})
		_, err := w.LoginWithCode(t.Context(), hers)
		must(t, err)
	})

	t.Run("takes no code under another key of the server", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		in := askForCode(t, w, ada)
		w.Key = secret.NewKey()
		invalid(t, w.Replica(authtest.Difference{}), in)
	})

	t.Run("takes the right code at the fifth try, and not at the sixth", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		for wrong, works := range map[int]bool{4: true, 5: false} {
			in := askForCode(t, w, ada)
			for range wrong {
				invalid(t, w, auth.LoginWithCodeInput{RequestID: in.RequestID, Code: wrongCode})
			}
			invalid(t, w, auth.LoginWithCodeInput{RequestID: in.RequestID, Code: "12345678"}) // no try: no code has this form
			_, err := w.LoginWithCode(t.Context(), in)
			if works != (err == nil) {
				t.Errorf("after %d wrong ones: %v", wrong, err)
			}
		}
	})

	t.Run("sends the mail again with another code, and keeps the tries", func(t *testing.T) {
		w := withCodes(t)
		user := w.Join(t, ada, adasPassword)
		first := askForCode(t, w, ada)
		for range 4 {
			invalid(t, w, auth.LoginWithCodeInput{RequestID: first.RequestID, Code: wrongCode})
		}
		item := &auth.OutboxItem{Job: auth.JobLoginCode, EmailKey: user.Email.Canonical, RequestID: first.RequestID, CreatedAt: w.Clock.Now()}
		letter, err := w.Compose(t.Context(), item)
		must(t, err)
		if letter.Code == first.Code {
			t.Error("the code is the same")
		}
		_, err = w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: first.RequestID, Code: letter.Code})
		must(t, err)
		if _, err := w.Compose(t.Context(), item); err == nil {
			t.Error("a code that was used is mailed again")
		}
	})

	t.Run("is for nobody where it is off, not even with a code of before", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		in := askForCode(t, w, ada)
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		off := w.Replica(authtest.Difference{Config: authtest.Mandatory})
		_, err = off.LoginWithCode(t.Context(), in)
		failed(t, err, auth.Forbidden)
		_, err = off.RequestLoginCode(t.Context(), ada)
		failed(t, err, auth.Forbidden)
		off.NoLetter(t)
	})

	t.Run("needs an address and a code", func(t *testing.T) {
		w := withCodes(t)
		_, err := w.RequestLoginCode(t.Context(), "ada")
		refused(t, err, auth.InvalidEmail)
		_, err = w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: uuid.New()})
		refused(t, err, auth.Required)
		w.NoLetter(t)
	})
}

func TestADisabledUserDoesNotComeByCode(t *testing.T) {
	t.Parallel()
	w := withCodes(t)
	w.Join(t, ada, adasPassword)
	before, past := askForCode(t, w, ada), askForCode(t, w, ada)

	t.Run("and is told after the right code, if the disabling left the code", func(t *testing.T) {
		user := reload(t, w, ada)
		user.DisabledAt = w.Clock.Now()
		must(t, w.Store.UpdateUser(t.Context(), user))
		invalid(t, w, auth.LoginWithCodeInput{RequestID: past.RequestID, Code: wrongCode})
		_, err := w.LoginWithCode(t.Context(), past)
		refused(t, err, auth.AccountDisabled)
	})
	t.Run("while an operator's disabling voids it", func(t *testing.T) {
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		invalid(t, w, before)
	})
	t.Run("and gets no mail", func(t *testing.T) {
		_, err := w.RequestLoginCode(t.Context(), ada)
		must(t, err)
		w.NoLetter(t)
	})
}

func TestWhoComesByCodeOwnsTheAddress(t *testing.T) {
	t.Parallel()
	t.Run("an unconfirmed account loses the stranger's password, sessions and links", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), authtest.WithLoginCodes(authtest.Optional))
		strangers := signUp(t, w, ada, evesPassword).Grant
		link := w.Letter(t, auth.LetterConfirm).Token
		grant := comeByCode(t, w, ada)
		if grant.User.ID != strangers.User.ID || !grant.User.EmailVerified() || grant.User.HasPassword() {
			t.Error("the user is another, not confirmed, or has a password")
		}
		if lives(t, w, strangers.Tokens.AccessToken) || logsIn(t, w, ada, evesPassword) {
			t.Error("the stranger is still in")
		}
		_, err := w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.InvalidToken)
		if !lives(t, w, grant.Tokens.AccessToken) {
			t.Error("the owner is not in")
		}
	})

	for _, count := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d sign-ups become one account without a password", count), func(t *testing.T) {
			w := withCodes(t)
			var links []secret.Text
			for range count {
				links = append(links, confirmLink(t, w, ada, evesPassword))
			}
			grant := comeByCode(t, w, ada)
			if grant.User.HasPassword() || !grant.User.EmailVerified() || users(t, w) != 1 || signUps(t, w) != 0 {
				t.Error("the user has a password, is not confirmed, or is not alone")
			}
			for _, link := range links {
				_, err := w.ConfirmEmail(t.Context(), link)
				refused(t, err, auth.InvalidToken)
			}
			if logsIn(t, w, ada, evesPassword) {
				t.Error("a password of the sign-ups works")
			}
			if again := comeByCode(t, w, ada); again.User.ID != grant.User.ID {
				t.Error("the next login is another user's")
			}
		})
	}

	t.Run("the account of a confirmed address keeps all it has, and later sign-ups get nothing", func(t *testing.T) {
		w := withCodes(t)
		w.Join(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		signUp(t, w, ada, evesPassword)
		w.Letters(t)
		comeByCode(t, w, ada)
		if !lives(t, w, token) || !logsIn(t, w, ada, adasPassword) || logsIn(t, w, ada, evesPassword) {
			t.Error("something has changed")
		}
	})

	t.Run("a code for a sign-up is void once that has been confirmed", func(t *testing.T) {
		w := withCodes(t)
		link := confirmLink(t, w, ada, adasPassword)
		in := askForCode(t, w, ada)
		_, err := w.ConfirmEmail(t.Context(), link)
		must(t, err)
		invalid(t, w, in)
		if !logsIn(t, w, ada, adasPassword) {
			t.Error("the password was lost")
		}
	})

	t.Run("a code for a sign-up is of no use to the next one", func(t *testing.T) {
		w := withCodes(t)
		signUp(t, w, ada, adasPassword)
		w.Letters(t)
		in := askForCode(t, w, ada)
		_, err := w.Store.TakeSignUps(t.Context(), ada)
		must(t, err)
		signUp(t, w, ada, evesPassword)
		invalid(t, w, in)
	})

	t.Run("a code for a sign-up ends with it", func(t *testing.T) {
		w := withCodes(t)
		signUp(t, w, ada, adasPassword)
		w.Letters(t)
		w.Clock.Advance(7*24*time.Hour - time.Minute)
		in := askForCode(t, w, ada)
		w.Clock.Advance(time.Minute)
		invalid(t, w, in)
		if users(t, w) != 0 {
			t.Error("there is a user")
		}
	})

	t.Run("nobody gets no code", func(t *testing.T) {
		w := withCodes(t)
		_, err := w.RequestLoginCode(t.Context(), nobody)
		must(t, err)
		w.NoLetter(t)
	})
}
