package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("email_changed", normalPriority)

func TestUndo(t *testing.T) {
	t.Parallel()
	t.Run("of the last change first, and then of the one before", func(t *testing.T) {
		w := mandatory(t)
		caller, session := joined(t, w, ada, adasPassword)
		first := changed(t, w, caller, lady)
		second := changed(t, w, caller, eve)
		_, err := w.UndoEmailChange(t.Context(), second)
		must(t, err)
		wantOwner(t, w, lady, caller.User)
		if lives(t, w, session) {
			t.Error("the session goes on")
		}
		_, err = w.UndoEmailChange(t.Context(), first)
		must(t, err)
		wantOwner(t, w, ada, caller.User)
	})

	t.Run("of the first change voids the later ones, and frees their addresses", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		first := changed(t, w, caller, eve)
		second := changed(t, w, caller, eves2)
		_, err := w.UndoEmailChange(t.Context(), first)
		must(t, err)
		w.Letter(t, auth.LetterReset)
		_, err = w.UndoEmailChange(t.Context(), second)
		refused(t, err, auth.InvalidToken)
		w.Join(t, eve, evesPassword)
		w.Join(t, eves2, evesPassword)
		wantOwner(t, w, ada, caller.User)
	})

	t.Run("works when the address has come back already, and makes an end of who did it", func(t *testing.T) {
		w := mandatory(t)
		caller, session := joined(t, w, ada, adasPassword)
		first := changed(t, w, caller, lady)
		returned(t, w, caller, ada)
		user, err := w.UndoEmailChange(t.Context(), first)
		must(t, err)
		if lives(t, w, session) || user.HasPassword() || logsIn(t, w, ada, adasPassword) {
			t.Error("who was in still is")
		}
	})

	t.Run("leaves an account that an operator disabled as it is", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		undo := changed(t, w, caller, eve)
		_, err := w.DisableAccount(t.Context(), eve)
		must(t, err)
		user, err := w.UndoEmailChange(t.Context(), undo)
		must(t, err)
		if !user.Disabled() || user.Email.Canonical != ada {
			t.Errorf("disabled: %v, address %s", user.Disabled(), user.Email.Canonical)
		}
		w.NoLetter(t)
	})

	t.Run("works by each link that was mailed, until one is used", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		first := changed(t, w, caller, eve)
		must(t, w.RequestPasswordReset(t.Context(), ada, ""))
		again := w.Letter(t, auth.LetterEmailChanged)
		if again.Token == first || again.To.Address != ada {
			t.Error("the second letter has the same token, or goes elsewhere")
		}
		w.Clock.Advance(7*24*time.Hour - time.Microsecond)
		_, err := w.UndoEmailChange(t.Context(), again.Token)
		must(t, err)
	})

	t.Run("is over after seven days, whenever the letter left", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		undo := changed(t, w, caller, eve)
		w.Clock.Advance(6 * 24 * time.Hour)
		must(t, w.RequestPasswordReset(t.Context(), ada, ""))
		late := w.Letter(t, auth.LetterEmailChanged)
		w.Clock.Advance(24 * time.Hour)
		for _, token := range []*auth.Letter{late, {Token: undo}} {
			_, err := w.UndoEmailChange(t.Context(), token.Token)
			refused(t, err, auth.InvalidToken)
		}
		must(t, w.RequestPasswordReset(t.Context(), ada, ""))
		w.NoLetter(t)
	})
}

func TestUndoAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))

		t.Run("works once", func(t *testing.T) {
			caller, _ := joined(t, w, "once@x.example", adasPassword)
			undo := changed(t, w, caller, "once@thief.example")
			oneWins(t, atOnce(8, func(int) error {
				_, err := w.UndoEmailChange(t.Context(), undo)
				return err
			}), auth.InvalidToken)
			w.Letter(t, auth.LetterReset)
		})

		t.Run("wins over a thief who changes again, deletes or resets meanwhile", func(t *testing.T) {
			for i := range 6 {
				caller, session := joined(t, w, ada, adasPassword)
				undo := changed(t, w, caller, eve)
				again, reset := changeLink(t, w, caller, eves2), resetLink(t, w, eve)
				thief := []func() error{
					func() error { _, err := w.ConfirmEmailChange(t.Context(), caller, again); return err },
					func() error { return w.DeleteAccount(t.Context(), caller, eve) },
					func() error { _, err := w.ResetPassword(t.Context(), reset, evesPassword); return err },
				}[i%3]
				errs := atOnce(2, func(i int) error {
					if i == 0 {
						_, err := w.UndoEmailChange(t.Context(), undo)
						return err
					}
					return thief()
				})
				must(t, errs[0])

				user := reload(t, w, ada)
				if user.ID != caller.User.ID || user.HasPassword() || user.Disabled() || lives(t, w, session) {
					t.Error("the thief is still in, or the account is not back")
				}
				unknown(t, w, eve)
				unknown(t, w, eves2)
				for _, letter := range w.Letters(t) {
					if letter.Kind == auth.LetterEmailChanged {
						t.Error("the thief has a link to undo the undoing")
					}
				}
				must(t, w.Store.DeleteUser(t.Context(), user.ID, uuid.New()))
			}
		})
	})
}

func TestALeftAddressIsReserved(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		atOnceWorld := w.Replica(authtest.Difference{Config: authtest.Optional})
		caller, _ := joined(t, w, ada, adasPassword)
		other, _ := joined(t, w, "other@x.example", adasPassword)
		waiting := changeLink(t, w, other, lady)
		link := changeLink(t, w, caller, eve)

		t.Run("against those who sign up while it is left", func(t *testing.T) {
			errs := atOnce(4, func(i int) error {
				if i == 0 {
					_, err := w.ConfirmEmailChange(t.Context(), caller, link)
					return err
				}
				_, err := atOnceWorld.Register(t.Context(), auth.RegisterInput{Email: ada, Password: evesPassword})
				return err
			})
			must(t, errs[0])
			for _, err := range errs[1:] {
				refused(t, err, auth.EmailTaken)
			}
			w.Letter(t, auth.LetterEmailChanged)
		})

		t.Run("against all others, until the change cannot be undone", func(t *testing.T) {
			w.Clock.Advance(7*24*time.Hour - 2*time.Hour)
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
			refused(t, err, auth.EmailTaken)
			signUp(t, w, ada, evesPassword)
			w.Letter(t, auth.LetterEmailChanged)
			must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
			w.NoLetter(t)
			_, err = w.ConfirmAccount(t.Context(), ada)
			refused(t, err, auth.EmailTaken)
			other, _ = w.LogIn(t, "other@x.example", adasPassword)
			must(t, w.RequestEmailChange(t.Context(), other, ada, ""))
			w.Letter(t, auth.LetterEmailChanged)
			_, err = w.ConfirmEmailChange(t.Context(), other, waiting)
			refused(t, err, auth.InvalidToken)
			unknown(t, w, ada)

			w.Clock.Advance(2 * time.Hour)
			_, err = w.ConfirmAccount(t.Context(), ada)
			must(t, err)
			if user := reload(t, w, ada); user.ID == caller.User.ID {
				t.Error("got the address back at its former user, want it to stay")
			}
		})

		t.Run("by whoever gives it back", func(t *testing.T) {
			caller, _ := joined(t, w, "back@x.example", adasPassword)
			changed(t, w, caller, "forth@x.example")
			returned(t, w, caller, "back@x.example")
			unknown(t, w, "forth@x.example")
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "forth@x.example", Role: auth.RoleUser})
			must(t, err) // it had no right to the account, and has no reason to be kept
		})
	})
}

func TestEndedChangesAreForgotten(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller, _ := joined(t, w, ada, adasPassword)
	changed(t, w, caller, lady)
	for _, c := range []struct {
		after time.Duration
		found bool
	}{{7*24*time.Hour - time.Microsecond, true}, {time.Microsecond, false}} {
		w.Clock.Advance(c.after)
		erased, err := w.EraseDeleted(t.Context())
		must(t, err)
		_, err = w.Store.LastEmailChange(t.Context(), caller.User.ID)
		if erased != 0 || errors.Is(err, auth.ErrNotFound) == c.found {
			t.Errorf("%d accounts are erased, and the change is there: %v", erased, err)
		}
	}
	wantOwner(t, w, lady, caller.User)
}

// returned changes the address back to one that the user has left, which mails nobody.
func returned(t *testing.T, w *authtest.World, caller *auth.Caller, to string) {
	t.Helper()
	user, err := w.ConfirmEmailChange(t.Context(), caller, changeLink(t, w, caller, to))
	must(t, err)
	caller.User = user
	w.NoLetter(t)
}

// TestNobodyInBetweenGetsARight lets a thief change the address and the owner, whose session goes on,
// change it back: the thief's mailbox gets no link that undoes this, nor do those of the thief's
// other addresses, and the thief is out.
func TestNobodyInBetweenGetsARight(t *testing.T) {
	t.Parallel()
	for name, stations := range map[string][]string{"by one address": {eve}, "by two addresses": {eve, eves2}} {
		t.Run(name, func(t *testing.T) {
			w := mandatory(t)
			owner, _ := joined(t, w, ada, adasPassword)
			thief, session := w.LogIn(t, ada, adasPassword)
			var undos []secret.Text
			for _, station := range stations {
				undos = append(undos, changed(t, w, thief, station))
			}

			owner.User = thief.User
			returned(t, w, owner, ada)
			if lives(t, w, session) {
				t.Error("the thief's session goes on")
			}
			for _, undo := range undos[1:] {
				_, err := w.UndoEmailChange(t.Context(), undo)
				refused(t, err, auth.InvalidToken)
			}
			wantOwner(t, w, ada, owner.User)
			for _, station := range stations {
				must(t, w.RequestPasswordReset(t.Context(), station, ""))
				w.NoLetter(t)
			}
			if _, err := w.UndoEmailChange(t.Context(), undos[0]); err != nil {
				t.Errorf("the owner's own link does not work any more: %v", err)
			}
		})
	}
}
