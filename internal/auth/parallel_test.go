package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// onEachPatiently is onEach with a world in which nobody is turned away for want of a turn to hash.
func onEachPatiently(t *testing.T, config auth.Config, run func(t *testing.T, w *authtest.World)) {
	t.Helper()
	hasher := authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(2, 100, time.Minute))
	onEach(t, func(t *testing.T, store auth.Store) {
		run(t, authtest.New(t, store, config).Replica(authtest.Difference{Hasher: hasher}))
	})
}

const crowd = 20

func TestALinkThatIsUsedTwentyTimesAtOnceWorksOnce(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, authtest.Mandatory, func(t *testing.T, w *authtest.World) {
		asUser := w.Replica(authtest.Difference{Config: authtest.Optional})
		for _, c := range []struct {
			name string
			link func(t *testing.T, email string) secret.Text
		}{
			{"the confirmation of a sign-up", func(t *testing.T, email string) secret.Text {
				return confirmLink(t, w, email, adasPassword)
			}},
			{"the confirmation of a user", func(t *testing.T, email string) secret.Text {
				return confirmLink(t, asUser, email, adasPassword)
			}},
			{"the reset of a sign-up", func(t *testing.T, email string) secret.Text {
				signUp(t, w, email, adasPassword)
				return resetLinkAmong(t, w, email)
			}},
			{"the reset of a user", func(t *testing.T, email string) secret.Text {
				w.Join(t, email, adasPassword)
				return resetLink(t, w, email)
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := users(t, w)
				email := string(rune('a'+before)) + ada
				link := c.link(t, email)
				oneWins(t, atOnce(crowd, func(int) error { return use(t, w, link) }), auth.InvalidToken)
				if n := users(t, w) - before; n != 1 || !reload(t, w, email).EmailVerified() {
					t.Errorf("%d users were made, want 1, confirmed", n)
				}
				w.Letters(t)
			})
		}
	})
}

func TestAConfirmationAndAResetAtOnce(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, authtest.Mandatory, func(t *testing.T, w *authtest.World) {
		t.Run("of one sign-up: one wins, and its password works", func(t *testing.T) {
			for round := range 8 {
				email := string(rune('a'+round)) + ada
				links := []secret.Text{confirmLink(t, w, email, adasPassword), resetLink(t, w, email)}
				errs := atOnce(2, func(i int) error { return use(t, w, links[i]) })
				oneWins(t, errs, auth.InvalidToken)
				if logsIn(t, w, email, adasPassword) != (errs[0] == nil) || logsIn(t, w, email, newPassword) != (errs[1] == nil) {
					t.Error("the password is not that of who won")
				}
				w.Letters(t)
			}
		})

		t.Run("of one user: the reset wins, whoever is first", func(t *testing.T) {
			asUser := w.Replica(authtest.Difference{Config: authtest.Optional})
			for round := range 8 {
				email := string(rune('k'+round)) + ada
				links := []secret.Text{confirmLink(t, asUser, email, evesPassword), resetLink(t, w, email)}
				errs := atOnce(2, func(i int) error { return use(t, w, links[i]) })
				must(t, errs[1])
				if logsIn(t, w, email, evesPassword) || !logsIn(t, w, email, newPassword) {
					t.Error("the password is not that of the reset")
				}
				w.Letters(t)
			}
		})
	})
}

func TestTwoSignUpsConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, authtest.Mandatory, func(t *testing.T, w *authtest.World) {
		for round := range 8 {
			email := string(rune('a'+round)) + ada
			links := []secret.Text{confirmLink(t, w, email, adasPassword), confirmLink(t, w, email, evesPassword)}
			oneWins(t, atOnce(2, func(i int) error { return use(t, w, links[i]) }), auth.InvalidToken)
			if reload(t, w, email).HasPassword() {
				t.Error("one of the passwords became the user's")
			}
			w.Letter(t, auth.LetterReset)
		}
	})
}

func TestALoginDuringAResetDoesNotOutliveIt(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, authtest.Unlimited(authtest.Mandatory), func(t *testing.T, w *authtest.World) {
		for round := range 8 {
			email := string(rune('a'+round)) + ada
			w.Join(t, email, evesPassword)
			link := resetLink(t, w, email)
			var grants [crowd]*auth.Grant
			errs := atOnce(crowd, func(i int) (err error) {
				if i == crowd/2 {
					return use(t, w, link)
				}
				grants[i], err = w.Login(t.Context(), auth.LoginInput{Email: email, Password: evesPassword})
				return err
			})
			must(t, errs[crowd/2])
			for i, grant := range grants {
				if errs[i] != nil {
					refused(t, errs[i], auth.InvalidCredentials)
				}
				if grant != nil && lives(t, w, grant.Tokens.AccessToken) {
					t.Error("a session with the old password goes on")
				}
			}
			w.Letters(t)
		}
	})
}

func TestOfManyChangesAtOnceOneWins(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, authtest.Unlimited(authtest.Mandatory), func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		current := adasPassword

		t.Run("from one session", func(t *testing.T) {
			caller, _ := w.LogIn(t, ada, current)
			oneWins(t, atOnce(crowd, func(int) error {
				_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
				return err
			}), auth.IncorrectPassword)
		})

		t.Run("from two sessions, and the other one ends", func(t *testing.T) {
			current := newPassword
			var (
				callers [2]*auth.Caller
				changes [2]*auth.PasswordChange
			)
			for i := range callers {
				callers[i], _ = w.LogIn(t, ada, current)
			}
			errs := atOnce(2, func(i int) (err error) {
				changes[i], err = w.ChangePassword(t.Context(), callers[i], auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: wrongPassword})
				return err
			})
			oneWins(t, errs, auth.IncorrectPassword)
			for i, change := range changes {
				if errs[i] == nil && (change.EndedCount != 2 || !lives(t, w, change.Tokens.AccessToken)) {
					t.Errorf("%d sessions ended, want 2, or the own one did", change.EndedCount)
				}
			}
		})
	})
}

// TestALinkAndAnOperatorAtOnce makes a user of the address while its sign-up is being confirmed:
// the link finds that user then, instead of failing.
func TestALinkAndAnOperatorAtOnce(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword})
	must(t, err)
	token := w.Letter(t, auth.LetterConfirm).Token

	taken := false
	late := w.Replica(authtest.Difference{Store: takenOnce{Store: w.Store, taken: &taken}})
	user, err := late.ConfirmEmail(t.Context(), token)
	must(t, err)
	if !taken || !user.EmailVerified() {
		t.Errorf("overtaken %v, confirmed %v", taken, user.EmailVerified())
	}
}

// takenOnce says once that an address is taken, as it is for whoever comes second.
type takenOnce struct {
	auth.Store
	taken *bool
}

func (s takenOnce) InTx(ctx context.Context, fn func(auth.Tx) error) error {
	if !*s.taken {
		*s.taken = true
		return auth.ErrEmailTaken
	}
	return s.Store.InTx(ctx, fn)
}
