package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("email_change", lowPriority)

// Addresses that accounts change to.
const (
	lady  = "lady@lovelace.example"
	eve   = "eve@thief.example"
	eves2 = "eve@lair.example"
)

// joined signs somebody up and in.
func joined(t *testing.T, w *authtest.World, email string, password secret.Text) (*auth.Caller, secret.Text) {
	t.Helper()
	w.Join(t, email, password)
	return w.LogIn(t, email, password)
}

// changeLink asks for another address and returns the token that is mailed to it.
func changeLink(t *testing.T, w *authtest.World, caller *auth.Caller, email string) secret.Text {
	t.Helper()
	must(t, w.RequestEmailChange(t.Context(), caller, email, ""))
	return w.Letter(t, auth.LetterEmailChange).Token
}

// changed changes the address of the caller, who is then somebody else, and returns the token that
// undoes it.
func changed(t *testing.T, w *authtest.World, caller *auth.Caller, email string) secret.Text {
	t.Helper()
	user, err := w.ConfirmEmailChange(t.Context(), caller, changeLink(t, w, caller, email))
	must(t, err)
	caller.User = user
	return w.Letter(t, auth.LetterEmailChanged).Token
}

// wantOwner fails the test unless the user with the address is this one.
func wantOwner(t *testing.T, w *authtest.World, email string, owner *auth.User) {
	t.Helper()
	if got := reload(t, w, email); got.ID != owner.ID {
		t.Errorf("the address is somebody else's")
	}
}

// unknown fails the test if a user has the address.
func unknown(t *testing.T, w *authtest.World, email string) {
	t.Helper()
	if _, err := w.Store.UserByEmail(t.Context(), email); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("somebody has the address (error: %v)", err)
	}
}

func TestConfirmationsOfAddressesAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		caller, _ := joined(t, w, ada, adasPassword)

		t.Run("of one link, one wins", func(t *testing.T) {
			token := changeLink(t, w, caller, lady)
			oneWins(t, atOnce(8, func(int) error {
				_, err := w.ConfirmEmailChange(t.Context(), caller, token)
				return err
			}), auth.InvalidToken)
			wantOwner(t, w, lady, caller.User)
			w.Letter(t, auth.LetterEmailChanged)
		})

		t.Run("of two accounts for one address, one wins and the other stays as it is", func(t *testing.T) {
			callers, tokens := make([]*auth.Caller, 3), make([]secret.Text, 3) // an address gets three at once
			for i := range callers {
				callers[i], _ = joined(t, w, string(rune('a'+i))+"@race.example", adasPassword)
				tokens[i] = changeLink(t, w, callers[i], "prize@race.example")
			}
			errs := atOnce(len(callers), func(i int) error {
				_, err := w.ConfirmEmailChange(t.Context(), callers[i], tokens[i])
				return err
			})
			oneWins(t, errs, auth.EmailTaken)
			for i, err := range errs {
				if err == nil {
					wantOwner(t, w, "prize@race.example", callers[i].User)
				} else {
					wantOwner(t, w, callers[i].User.Email.Canonical, callers[i].User)
				}
			}
		})
	})
}

func TestChangeAndResetAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))
		for range 5 {
			caller, session := joined(t, w, ada, adasPassword)
			change, reset := changeLink(t, w, caller, lady), resetLink(t, w, ada)
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					_, err := w.ConfirmEmailChange(t.Context(), caller, change)
					return err
				}
				_, err := w.ResetPassword(t.Context(), reset, newPassword)
				return err
			})

			if errs[0] == nil {
				refused(t, errs[1], auth.InvalidToken)
				wantOwner(t, w, lady, caller.User)
			} else {
				must(t, errs[1])
				wantOwner(t, w, ada, caller.User)
			}
			if lives(t, w, session) != (errs[0] == nil) {
				t.Error("a reset ends the session, a change of address does not")
			}
			must(t, w.Store.DeleteUser(t.Context(), caller.User.ID, uuid.New()))
			w.Letters(t)
		}
	})
}

func TestEmailChangeOvertaken(t *testing.T) {
	t.Parallel()
	for name, overtake := range map[string]func(t *testing.T, w *authtest.World, caller *auth.Caller, session secret.Text){
		"by a logout": func(t *testing.T, w *authtest.World, _ *auth.Caller, session secret.Text) {
			must(t, w.Logout(t.Context(), session))
		},
		"by an operator who disables the account": func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
		},
		"by a deletion": func(t *testing.T, w *authtest.World, caller *auth.Caller, _ secret.Text) {
			must(t, w.DeleteAccount(t.Context(), caller, ada))
		},
	} {
		t.Run("a session that is ended "+name+" changes nothing", func(t *testing.T) {
			w := mandatory(t)
			caller, session := joined(t, w, ada, adasPassword)
			token, done := changeLink(t, w, caller, lady), false
			slow := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
				if method == "InTx" && !done {
					done = true
					overtake(t, w, caller, session)
				}
			})})
			_, err := slow.ConfirmEmailChange(t.Context(), caller, token)
			_ = failed(t, err, auth.Unauthenticated)
			unknown(t, w, lady)
			_ = failed(t, w.RequestEmailChange(t.Context(), caller, lady, ""), auth.Unauthenticated)
			_ = failed(t, w.DeleteAccount(t.Context(), caller, ada), auth.Unauthenticated)
		})
	}

	t.Run("a link that is replaced while its mail is written is never good", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		must(t, w.RequestEmailChange(t.Context(), caller, eve, ""))
		replaced := false
		slow := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
			if method == "AddEmailChangeToken" && !replaced {
				replaced = true
				must(t, w.RequestEmailChange(t.Context(), caller, lady, ""))
			}
		})})
		if letter := slow.Letter(t, auth.LetterEmailChange); letter.To.Address != lady {
			t.Error("the first address got a link")
		}
	})
}

func TestEmailChangeIsTheSameWorkForAll(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	caller, _ := joined(t, w, ada, adasPassword)
	special := population(t, w)
	attempt := func(email string) work {
		return measure(t, w, func(w *authtest.World) (any, error) {
			return nil, w.RequestEmailChange(t.Context(), caller, email, "")
		})
	}
	want := attempt(nobody)
	for email, who := range special {
		if diff := cmp.Diff(want, attempt(email)); diff != "" {
			t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
		}
	}
}

func TestEmailChangeLetters(t *testing.T) {
	t.Parallel()
	t.Run("who has the address is told without a link, unless they are disabled", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
		caller, _ := joined(t, w, ada, adasPassword)
		special := population(t, w)
		for email, who := range special {
			must(t, w.RequestEmailChange(t.Context(), caller, email, ""))
			switch who {
			case "a disabled user":
				w.NoLetter(t)
			case "a sign-up", "two sign-ups":
				w.Letter(t, auth.LetterEmailChange)
			default:
				if letter := w.Letter(t, auth.LetterEmailTaken); letter.Token != "" || letter.Name != "" {
					t.Errorf("the letter to %s has a link or a name", who)
				}
			}
		}
	})

	t.Run("a mail that leaves late says how long its link works, and no link outlives its change", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		must(t, w.RequestEmailChange(t.Context(), caller, lady, ""))
		w.Clock.Advance(45 * time.Hour)
		letter := w.Letter(t, auth.LetterEmailChange)
		if letter.ValidFor != 3*time.Hour {
			t.Errorf("it says %v", letter.ValidFor)
		}
		w.Clock.Advance(3 * time.Hour)
		_, err := w.ConfirmEmailChange(t.Context(), caller, letter.Token)
		refused(t, err, auth.InvalidToken)
		must(t, w.RequestEmailChange(t.Context(), caller, lady, ""))
		w.Clock.Advance(48 * time.Hour)
		w.NoLetter(t)
	})

	t.Run("an address that was never confirmed gets no notice and no right", func(t *testing.T) {
		w := optional(t)
		signUp(t, w, ada, adasPassword)
		w.Letter(t, auth.LetterConfirm)
		caller, _ := w.LogIn(t, ada, adasPassword)
		user, err := w.ConfirmEmailChange(t.Context(), caller, changeLink(t, w, caller, lady))
		must(t, err)
		if !user.EmailVerified() {
			t.Error("the new address is not confirmed")
		}
		w.NoLetter(t)
		signUp(t, w, ada, evesPassword)
	})

	t.Run("the notice says when and from where", func(t *testing.T) {
		w := mandatory(t)
		caller, _ := joined(t, w, ada, adasPassword)
		token := changeLink(t, w, caller, lady)
		made := w.Clock.Now()
		ctx := auth.WithRequest(t.Context(), auth.Request{UserAgent: "curl/8.0"})
		_, err := w.ConfirmEmailChange(ctx, caller, token)
		must(t, err)
		w.Clock.Advance(26 * time.Hour)
		letter := w.Letter(t, auth.LetterEmailChanged)
		if !letter.At.Equal(made) || letter.Device != "curl" || letter.ValidFor != 5*24*time.Hour || letter.To.Address != ada {
			t.Errorf("it is to %s, of %v, by %q, valid for %v", letter.To.Address, letter.At, letter.Device, letter.ValidFor)
		}
	})
}

func TestEmailChangeVoidsWhatIsOpen(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller, _ := joined(t, w, ada, adasPassword)
	reset, change := resetLink(t, w, ada), changeLink(t, w, caller, lady)
	signUp(t, w, lady, evesPassword)
	w.Letter(t, auth.LetterConfirm)
	user, err := w.ConfirmEmailChange(t.Context(), caller, change)
	must(t, err)
	w.Letter(t, auth.LetterEmailChanged)
	if signUps(t, w) != 0 {
		t.Error("a sign-up waits for the address")
	}

	caller.User = user
	returned(t, w, caller, ada) // the address to which the link was sent is that of the account again
	_, err = w.ResetPassword(t.Context(), reset, newPassword)
	refused(t, err, auth.InvalidToken)
	_, err = w.ConfirmEmailChange(t.Context(), caller, change)
	refused(t, err, auth.InvalidToken)
}

// TestALinkOfAChangeEndsAfterADay looks at the moment before and at the end.
func TestALinkOfAChangeEndsAfterADay(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller, _ := joined(t, w, ada, adasPassword)
	link := changeLink(t, w, caller, lady)
	w.Clock.Advance(24 * time.Hour)
	_, err := w.ConfirmEmailChange(t.Context(), caller, link)
	refused(t, err, auth.InvalidToken)
	link = changeLink(t, w, caller, eve)
	w.Clock.Advance(24*time.Hour - time.Microsecond)
	_, err = w.ConfirmEmailChange(t.Context(), caller, link)
	must(t, err)
}
