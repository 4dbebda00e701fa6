package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// withUsernames returns a world in which confirmation is mandatory and users may have usernames.
func withUsernames(t *testing.T) *authtest.World {
	t.Helper()
	config := authtest.Mandatory
	config.Usernames = auth.UsernamesOptional
	return authtest.New(t, authtest.SQLite(t), config)
}

func TestARefusedLoginSendsTheConfirmationToTheRightPasswordOnly(t *testing.T) {
	t.Parallel()
	byEmail := auth.LoginInput{Email: ada}
	byUsername := auth.LoginInput{Username: "ada"}
	signedUp := func(t *testing.T, w *authtest.World) {
		t.Helper()
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Username: "ada", Password: adasPassword})
		must(t, err)
	}
	unconfirmed := func(t *testing.T, w *authtest.World) {
		t.Helper()
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Username: "ada", Role: auth.RoleUser, Password: adasPassword})
		must(t, err)
	}
	for _, c := range []struct {
		name     string
		arrange  func(t *testing.T, w *authtest.World)
		in       auth.LoginInput
		password secret.Text
		sends    bool
	}{
		{"the password of a sign-up", signedUp, byEmail, adasPassword, true},
		{"the password of a sign-up, by username", signedUp, byUsername, adasPassword, true},
		{"the password of an unconfirmed user", unconfirmed, byEmail, adasPassword, true},
		{"the password of an unconfirmed user, by username", unconfirmed, byUsername, adasPassword, true},
		{"a wrong password for a sign-up", signedUp, byEmail, wrongPassword, false},
		{"a wrong password for a sign-up, by username", signedUp, byUsername, wrongPassword, false},
		{"a wrong password for an unconfirmed user", unconfirmed, byEmail, wrongPassword, false},
		{"a wrong password for an unconfirmed user, by username", unconfirmed, byUsername, wrongPassword, false},
		{"the password of the older of two sign-ups", func(t *testing.T, w *authtest.World) {
			t.Helper()
			signedUp(t, w)
			w.Clock.Advance(time.Minute)
			signUp(t, w, ada, evesPassword)
		}, byEmail, adasPassword, false},
		{"the password of a sign-up beside a user", func(t *testing.T, w *authtest.World) {
			t.Helper()
			unconfirmed(t, w)
			signUp(t, w, ada, evesPassword)
		}, byEmail, evesPassword, false},
		{"the password of a sign-up that has expired", func(t *testing.T, w *authtest.World) {
			t.Helper()
			signedUp(t, w)
			w.Clock.Advance(7 * day)
		}, byEmail, adasPassword, false},
		{"a password where nobody is", func(*testing.T, *authtest.World) {}, byEmail, adasPassword, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := withUsernames(t)
			c.arrange(t, w)
			w.Letters(t)
			c.in.Password = c.password
			_, err := w.Login(t.Context(), c.in)
			refused(t, err, auth.InvalidCredentials)
			if got, want := asProblems(t, err)[0].Message, "Wrong email, username or password."; got != want {
				t.Errorf("got the message %q, want %q", got, want)
			}
			letters := w.Letters(t)
			if got := len(letters) == 1 && letters[0].Kind == auth.LetterConfirm && letters[0].To.Canonical == ada; got != c.sends || len(letters) > 1 {
				t.Errorf("got %d letters, want the confirmation: %t", len(letters), c.sends)
			}
		})
	}
}

func TestAWrongPasswordIsSaidInFewWords(t *testing.T) {
	t.Parallel()
	_, err := mandatory(t).Login(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword})
	if got, want := asProblems(t, err)[0].Message, "Wrong email or password."; got != want {
		t.Errorf("got the message %q, want %q", got, want)
	}
}

func TestTheRightPasswordSendsTheConfirmationNoMoreOftenThanAResend(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := authtest.Mandatory
		config.Limits = limits(t, "login_failed=off/account")
		w := authtest.New(t, store, config)
		signUp(t, w, ada, adasPassword)
		w.Letters(t)
		w.Clock.Advance(4 * time.Hour) // for a budget of emails that is full
		sent := 0
		for range 12 { // in six minutes
			if logsIn(t, w, ada, adasPassword) {
				t.Fatal("got a login, want none before the confirmation")
			}
			sent += len(w.Letters(t))
			w.Clock.Advance(30 * time.Second)
		}
		if sent != 2 {
			t.Errorf("got %d emails in six minutes, want 2: one in three minutes", sent)
		}
		must(t, w.ResendConfirmationEmail(t.Context(), ada, "")) // its limit does not tell that a password was right
		w.Letter(t, auth.LetterConfirm)
	})
}

func TestARetryOfTheConfirmationIsNotCountedAgain(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	signUp(t, w, ada, adasPassword)
	own, err := w.Store.NewestSignUp(t.Context(), ada)
	must(t, err)
	item := &auth.OutboxItem{Job: auth.JobConfirmation, EmailKey: ada, Recipient: ada, SignUpID: own.ID, Password: auth.PasswordRight, Attempts: 1}
	_, err = w.Compose(t.Context(), item)
	must(t, err)
	item.Attempts = 2
	_, err = w.Compose(t.Context(), item)
	must(t, err)
}

// TestAStrangerCannotOutwaitTheSignUpOfTheOwner: the owner signs up, a stranger does shortly before that expires,
// and then the owner comes back.
func TestAStrangerCannotOutwaitTheSignUpOfTheOwner(t *testing.T) {
	t.Parallel()
	for _, cleans := range []bool{false, true} {
		onEach(t, func(t *testing.T, store auth.Store) {
			w := authtest.New(t, store, authtest.Mandatory)
			signUp(t, w, ada, adasPassword)
			w.Letters(t)
			w.Clock.Advance(6 * day)
			signUp(t, w, ada, evesPassword)
			w.Letters(t)
			w.Clock.Advance(day + time.Hour)
			if cleans {
				_, err := w.CleanUp(t.Context(), nil)
				must(t, err)
			}

			if logsIn(t, w, ada, adasPassword) {
				t.Error("got a login with a password that was never confirmed")
			}
			w.NoLetter(t)

			must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
			user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
			must(t, err)
			if user.HasPassword() {
				t.Error("got a user with a password, want none: two have claimed the address")
			}
			if logsIn(t, w, ada, evesPassword) {
				t.Error("got a login with the stranger's password, want none")
			}
			if letters := w.Letters(t); len(letters) == 0 || letters[0].Kind != auth.LetterReset {
				t.Errorf("got %d letters, want a link to choose a password", len(letters))
			}
		})
	}
}

func TestASignUpThatExpiredBeforeTheNextWasMadeIsNoClaim(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	signUp(t, w, ada, evesPassword)
	w.Letters(t)
	w.Clock.Advance(8 * day)
	link := confirmLink(t, w, ada, adasPassword)
	_, err := w.ConfirmEmail(t.Context(), link)
	must(t, err)
	if !logsIn(t, w, ada, adasPassword) {
		t.Error("got a refusal, want a login: the owner is alone")
	}
}
