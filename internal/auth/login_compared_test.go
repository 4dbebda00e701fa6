package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestALoginConfirmsNoOtherSignUpThanItsOwn: the owner of an address signs up and logs in with the right password,
// and a stranger signs up the same address. No login of the owner may confirm what the stranger has made.
func TestALoginConfirmsNoOtherSignUpThanItsOwn(t *testing.T) {
	t.Parallel()
	byEmail := auth.LoginInput{Email: ada, Password: adasPassword}
	byUsername := auth.LoginInput{Username: "ada", Password: adasPassword}
	ownerSignsUp := func(t *testing.T, w *authtest.World) {
		t.Helper()
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Username: "ada", Password: adasPassword})
		must(t, err)
		w.Letters(t)
	}
	logIn := func(t *testing.T, w *authtest.World, in auth.LoginInput) {
		t.Helper()
		_, err := w.Login(t.Context(), in)
		refused(t, err, auth.InvalidCredentials)
	}
	waits := func(in auth.LoginInput) func(t *testing.T, w *authtest.World) {
		return func(t *testing.T, w *authtest.World) { // in the queue, until the sign-up of the owner has expired
			t.Helper()
			ownerSignsUp(t, w)
			w.Clock.Advance(7*day - time.Minute)
			logIn(t, w, in)
			w.Clock.Advance(2 * time.Minute)
			signUp(t, w, ada, evesPassword)
		}
	}
	for _, c := range []struct {
		name    string
		arrange func(t *testing.T, w *authtest.World)
		letters int // of the stranger's own sign-up
	}{
		{"by username, when the sign-up of the owner has expired", func(t *testing.T, w *authtest.World) {
			t.Helper()
			ownerSignsUp(t, w)
			w.Clock.Advance(8 * day)
			signUp(t, w, ada, evesPassword)
			w.Letters(t)
			w.Clock.Advance(day)
			logIn(t, w, byUsername)
		}, 0},
		{"by username, beside an account that someone else has made", func(t *testing.T, w *authtest.World) {
			t.Helper()
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Password: evesPassword})
			must(t, err)
			ownerSignsUp(t, w)
			logIn(t, w, byUsername)
		}, 0},
		{"by email, while the email waits", waits(byEmail), 1},
		{"by username, while the email waits", waits(byUsername), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				config := authtest.Mandatory
				config.Usernames = auth.UsernamesOptional
				w := authtest.New(t, store, config)
				c.arrange(t, w)
				letters := w.Letters(t)
				if len(letters) != c.letters {
					t.Fatalf("got %d letters, want %d: none for the login", len(letters), c.letters)
				}
				if logsIn(t, w, ada, evesPassword) {
					t.Error("got a login with the stranger's password, want none")
				}
			})
		})
	}
}

// TestALoginByUsernameConfirmsItsOwnSignUp: a newer sign-up of the address, without the name, takes nothing from it.
func TestALoginByUsernameConfirmsItsOwnSignUp(t *testing.T) {
	t.Parallel()
	w := withUsernames(t)
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Username: "ada", Password: adasPassword})
	must(t, err)
	w.Clock.Advance(6 * day)
	signUp(t, w, ada, evesPassword)
	w.Letters(t)
	w.Clock.Advance(23 * time.Hour)
	_, err = w.Login(t.Context(), auth.LoginInput{Username: "ada", Password: adasPassword})
	refused(t, err, auth.InvalidCredentials)
	letter := w.Letter(t, auth.LetterConfirm)
	if letter.ValidFor != time.Hour {
		t.Errorf("got a link for %v, want 1h0m0s: until the owner's sign-up expires", letter.ValidFor)
	}
	user, err := w.ConfirmEmail(t.Context(), letter.Token)
	must(t, err)
	if user.HasPassword() {
		t.Error("got a user with a password, want none: two have claimed the address")
	}
}
