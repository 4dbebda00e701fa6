package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

var _ = wantJob("account_deleted", normalPriority)

func TestDeleteAccount(t *testing.T) {
	t.Parallel()
	t.Run("leaves nothing of the account, and the address to whoever comes next", func(t *testing.T) {
		w := mandatory(t)
		caller, session := joined(t, w, ada, adasPassword)
		_, elsewhere := w.LogIn(t, ada, adasPassword)
		reset, change := resetLink(t, w, ada), changeLink(t, w, caller, lady)
		signUp(t, w, ada, evesPassword) // waits for an address that it cannot have
		w.Letter(t, auth.LetterAlreadyRegistered)

		must(t, w.DeleteAccount(t.Context(), caller, "  ADA@lovelace.example"))
		if _, err := w.Store.UserByID(t.Context(), caller.User.ID); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the user is there (error: %v)", err)
		}
		if lives(t, w, session) || lives(t, w, elsewhere) || logsIn(t, w, ada, adasPassword) || signUps(t, w) != 0 {
			t.Error("something of the account lives")
		}
		_, err := w.ResetPassword(t.Context(), reset, newPassword)
		refused(t, err, auth.InvalidToken)
		_, err = w.ConfirmEmailChange(t.Context(), caller, change)
		refused(t, err, auth.InvalidToken)

		// The notice knows its address even if somebody else has it meanwhile.
		_, err = w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: "Eve", Role: auth.RoleUser, Verified: true})
		must(t, err)
		letter := w.Letter(t, auth.LetterAccountDeleted)
		if letter.To.Address != ada || letter.To.Canonical != ada || letter.Name != "" || !letter.Until.IsZero() {
			t.Errorf("the notice is %+v", letter)
		}
	})

	t.Run("wants the address of the account", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		for typed, code := range map[string]auth.ProblemCode{
			" ": auth.Required, lady: auth.ConfirmationMismatch, "yes": auth.ConfirmationMismatch,
			"ada@lovelace.example\x00": auth.ConfirmationMismatch,
		} {
			refused(t, w.DeleteAccount(t.Context(), caller, typed), code)
		}
		wantOwner(t, w, ada, caller.User)
		w.NoLetter(t)
	})

	t.Run("wants the address that the account has by now", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		old := *caller
		changed(t, w, caller, lady)
		refused(t, w.DeleteAccount(t.Context(), &old, ada), auth.ConfirmationMismatch)
	})
}

func TestADeletionWaitsForUndo(t *testing.T) {
	t.Parallel()
	deleted := func(t *testing.T) (*authtest.World, *auth.Caller, *auth.Letter, func() (*auth.User, error)) {
		w := mandatory(t)
		caller, session := joined(t, w, ada, adasPassword)
		undo := changed(t, w, caller, eve)
		w.Clock.Advance(24 * time.Hour)
		caller, _ = w.LogIn(t, eve, adasPassword)
		must(t, w.DeleteAccount(t.Context(), caller, eve))
		letter := w.Letter(t, auth.LetterAccountDeleted)
		if lives(t, w, session) || logsIn(t, w, eve, adasPassword) {
			t.Error("somebody is still in")
		}
		must(t, w.RequestPasswordReset(t.Context(), eve, ""))
		w.NoLetter(t)
		return w, caller, letter, func() (*auth.User, error) { return w.UndoEmailChange(t.Context(), undo) }
	}

	t.Run("and is final when the change cannot be undone any more", func(t *testing.T) {
		w, caller, letter, undo := deleted(t)
		if letter.To.Address != eve || !letter.Until.Equal(letter.At.Add(6*24*time.Hour)) {
			t.Errorf("the notice is of %v, until %v", letter.At, letter.Until)
		}
		w.Clock.Advance(6*24*time.Hour - time.Microsecond)
		for _, want := range []int{0, 1, 0} {
			erased, err := w.EraseDeleted(t.Context())
			must(t, err)
			if erased != want {
				t.Errorf("%d accounts are erased, want %d", erased, want)
			}
			w.Clock.Advance(time.Microsecond)
		}
		if _, err := w.Store.UserByID(t.Context(), caller.User.ID); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the user is there (error: %v)", err)
		}
		_, err := undo()
		refused(t, err, auth.InvalidToken)
		w.Join(t, ada, adasPassword)
		w.Join(t, eve, evesPassword)
	})

	t.Run("which brings the account back", func(t *testing.T) {
		w, caller, _, undo := deleted(t)
		user, err := undo()
		must(t, err)
		if user.ID != caller.User.ID || user.Disabled() || user.Email.Canonical != ada {
			t.Errorf("disabled: %v, address %s", user.Disabled(), user.Email.Canonical)
		}
		_, err = w.ResetPassword(t.Context(), w.Letter(t, auth.LetterReset).Token, newPassword)
		must(t, err)
		w.Clock.Advance(90 * 24 * time.Hour)
		if erased, err := w.EraseDeleted(t.Context()); erased != 0 || err != nil {
			t.Errorf("%d accounts are erased (error: %v)", erased, err)
		}
		if !logsIn(t, w, ada, newPassword) {
			t.Error("its owner cannot log in")
		}
	})

	t.Run("and an operator can call it off", func(t *testing.T) {
		w, _, _, _ := deleted(t)
		user, err := w.EnableAccount(t.Context(), eve)
		must(t, err)
		w.Clock.Advance(90 * 24 * time.Hour)
		if erased, err := w.EraseDeleted(t.Context()); user.Disabled() || erased != 0 || err != nil {
			t.Errorf("disabled: %v, %d accounts are erased (error: %v)", user.Disabled(), erased, err)
		}
	})
}

func TestDeleteAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))

		t.Run("with a login, nobody is in", func(t *testing.T) {
			for range 5 {
				caller, _ := joined(t, w, ada, adasPassword)
				var grant *auth.Grant
				errs := atOnce(2, func(i int) (err error) {
					if i == 0 {
						return w.DeleteAccount(t.Context(), caller, ada)
					}
					grant, err = w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
					return err
				})
				must(t, errs[0])
				if errs[1] != nil {
					refused(t, errs[1], auth.InvalidCredentials)
				} else if lives(t, w, grant.Tokens.AccessToken) {
					t.Error("a session outlives its user")
				}
				unknown(t, w, ada)
				w.Letter(t, auth.LetterAccountDeleted)
			}
		})

		t.Run("from several sessions, one does it", func(t *testing.T) {
			w.Join(t, ada, adasPassword)
			callers := make([]*auth.Caller, 4)
			for i := range callers {
				callers[i], _ = w.LogIn(t, ada, adasPassword)
			}
			won := 0
			for _, err := range atOnce(len(callers), func(i int) error { return w.DeleteAccount(t.Context(), callers[i], ada) }) {
				if err == nil {
					won++
				} else {
					_ = failed(t, err, auth.Unauthenticated)
				}
			}
			if won != 1 {
				t.Errorf("%d deleted it", won)
			}
			w.Letter(t, auth.LetterAccountDeleted)
		})

		t.Run("erasing counts each account once", func(t *testing.T) {
			caller, _ := joined(t, w, ada, adasPassword)
			changed(t, w, caller, eve)
			must(t, w.DeleteAccount(t.Context(), caller, eve))
			w.Clock.Advance(7 * 24 * time.Hour)
			counts := make([]int, 4)
			for _, err := range atOnce(len(counts), func(i int) (err error) {
				counts[i], err = w.EraseDeleted(t.Context())
				return err
			}) {
				must(t, err)
			}
			if sum := counts[0] + counts[1] + counts[2] + counts[3]; sum != 1 {
				t.Errorf("%d accounts are erased", sum)
			}
		})
	})
}
