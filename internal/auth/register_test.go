package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("sign_up", lowPriority)

func TestRegisterNamesEveryProblem(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	long := strings.Repeat("n", 101)
	cases := []struct {
		name  string
		input auth.RegisterInput
		want  []auth.ProblemCode
	}{
		{"everything is missing", auth.RegisterInput{}, []auth.ProblemCode{auth.Required, auth.Required}},
		{"everything is wrong", auth.RegisterInput{Email: "ada", Name: long, Password: shortPassword}, []auth.ProblemCode{auth.InvalidEmail, auth.InvalidName, auth.PasswordTooShort}},
		{"an address that is only spaces is missing", auth.RegisterInput{Email: " \t", Password: adasPassword}, []auth.ProblemCode{auth.Required}},
		{"two at signs", auth.RegisterInput{Email: "a@b@c.example", Password: adasPassword}, []auth.ProblemCode{auth.InvalidEmail}},
		{"a NUL in the address", auth.RegisterInput{Email: "a\x00@b.example", Password: adasPassword}, []auth.ProblemCode{auth.InvalidEmail}},
		{"a display name", auth.RegisterInput{Email: "Ada <" + ada + ">", Password: adasPassword}, []auth.ProblemCode{auth.InvalidEmail}},
		{"a control character in the name", auth.RegisterInput{Email: ada, Name: "A\ada", Password: adasPassword}, []auth.ProblemCode{auth.InvalidName}},
		{"a name that turns what is around it", auth.RegisterInput{Email: ada, Name: "Ad\u202ea", Password: adasPassword}, []auth.ProblemCode{auth.InvalidName}},
		{"a name that is not UTF-8", auth.RegisterInput{Email: ada, Name: "Ad\xff", Password: adasPassword}, []auth.ProblemCode{auth.InvalidName}},
		{"a password of a megabyte", auth.RegisterInput{Email: ada, Password: secret.Text(strings.Repeat(marker, 1<<17))}, []auth.ProblemCode{auth.PasswordTooLong}},
		{"the address as a password", auth.RegisterInput{Email: ada, Password: ada}, []auth.ProblemCode{auth.PasswordTooSimilar}},
		{"the name as a password", auth.RegisterInput{Email: ada, Name: marker + " Jones", Password: marker + " Jones"}, []auth.ProblemCode{auth.PasswordTooSimilar}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Register(t.Context(), c.input)
			refused(t, err, c.want...)
		})
	}
	t.Run("and nothing is stored or mailed", func(t *testing.T) {
		if n := users(t, w) + signUps(t, w); n != 0 || w.Wakes() != 0 {
			t.Errorf("%d users and sign-ups, %d calls of the mailer, want none", n, w.Wakes())
		}
	})
}

func TestRegisterWhileConfirmationIsMandatory(t *testing.T) {
	t.Parallel()
	t.Run("a sign-up is no user until it is confirmed", func(t *testing.T) {
		w := mandatory(t)
		if r := signUp(t, w, ada, adasPassword); !r.ConfirmationRequired() {
			t.Error("no confirmation is required")
		}
		if users(t, w) != 0 || signUps(t, w) != 1 || w.Wakes() != 1 {
			t.Error("there is not one sign-up, no user and a mailer that knows")
		}
		if logsIn(t, w, ada, adasPassword) {
			t.Error("one can log in before the confirmation")
		}
	})

	t.Run("the user is as it was signed up, without the spaces around", func(t *testing.T) {
		w := mandatory(t)
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: " Ada@Lovelace.example ", Name: " Ada L. ", Password: adasPassword})
		must(t, err)
		user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if user.Email != (address.Email{Address: "Ada@Lovelace.example", Canonical: ada}) || user.Name != "Ada L." || user.Role != auth.RoleUser {
			t.Errorf("the user is %v, %q, %s", user.Email, user.Name, user.Role)
		}
		if !user.EmailVerified() || !user.LastLoginAt.IsZero() || user.Disabled() {
			t.Error("the user is not confirmed, or has logged in, or is disabled")
		}
		if !logsIn(t, w, "ADA@LOVELACE.EXAMPLE", adasPassword) {
			t.Error("one cannot log in after the confirmation")
		}
	})

	t.Run("times are in UTC, to the microsecond", func(t *testing.T) {
		w := mandatory(t)
		user := w.Join(t, ada, adasPassword)
		if user.CreatedAt.Location() != time.UTC || !user.CreatedAt.Equal(w.Clock.Now().Truncate(time.Microsecond)) {
			t.Errorf("the user was made at %v, the clock is at %v", user.CreatedAt, w.Clock.Now())
		}
	})

	t.Run("a known address is told by mail, to the address on record", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, "Ada@lovelace.example", adasPassword)
		signUp(t, w, "ADA@lovelace.example", evesPassword)
		letter := w.Letter(t, auth.LetterAlreadyRegistered)
		if letter.To.Address != "Ada@lovelace.example" {
			t.Errorf("the letter goes to %q", letter.To.Address)
		}
		_, err := w.ResetPassword(t.Context(), letter.Token, newPassword)
		must(t, err)
		if logsIn(t, w, ada, evesPassword) || !logsIn(t, w, ada, newPassword) {
			t.Error("the link of the letter did not choose the password")
		}
	})
}

func TestRegisterWithoutMandatoryConfirmation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config  auth.Config
		letters []auth.LetterKind
	}{
		{authtest.Optional, []auth.LetterKind{auth.LetterConfirm}},
		{authtest.None, nil},
	} {
		t.Run(string(c.config.EmailVerification)+" logs in at once", func(t *testing.T) {
			w := authtest.New(t, authtest.SQLite(t), c.config)
			r := signUp(t, w, ada, adasPassword)
			if r.ConfirmationRequired() || !lives(t, w, r.Grant.Tokens.AccessToken) {
				t.Fatal("there is no session")
			}
			if user := r.Grant.User; user.EmailVerified() || !user.LastLoginAt.Equal(w.Clock.Now()) {
				t.Error("the user is confirmed already, or has never logged in")
			}
			if got := w.Letters(t); len(got) != len(c.letters) {
				t.Errorf("%d letters, want %v", len(got), c.letters)
			}
			if !logsIn(t, w, ada, adasPassword) {
				t.Error("one cannot log in without the confirmation")
			}
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: "ADA@lovelace.EXAMPLE", Password: evesPassword})
			refused(t, err, auth.EmailTaken)
			w.NoLetter(t)
		})
	}
}

func TestRegisterWhileClosed(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	closed := w.Replica(authtest.Difference{Config: auth.Config{Registration: auth.RegistrationClosed, EmailVerification: auth.VerificationMandatory}})
	_, err := closed.Register(t.Context(), auth.RegisterInput{Email: "bad", Password: shortPassword})
	refused(t, err, auth.RegistrationNotOpen)
	if signUps(t, w) != 0 {
		t.Error("there is a sign-up")
	}
}

func TestFiftyRegistrationsAtOnce(t *testing.T) {
	t.Parallel()
	const fifty = 50
	// Nobody is turned away for want of a turn: that is another test.
	hasher := authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(2, 8*fifty, time.Minute))
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})

		t.Run("with mandatory confirmation, one link makes one user", func(t *testing.T) {
			for _, err := range atOnce(fifty, func(int) error {
				_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword})
				return err
			}) {
				must(t, err)
			}
			letters := w.Letters(t)
			if len(letters) != fifty {
				t.Fatalf("%d letters, want %d", len(letters), fifty)
			}
			_, err := w.ConfirmEmail(t.Context(), letters[17].Token)
			must(t, err)
			for i, letter := range letters {
				if i%10 == 7 {
					_, err := w.ConfirmEmail(t.Context(), letter.Token)
					refused(t, err, auth.InvalidToken)
				}
			}
			if users(t, w) != 1 || signUps(t, w) != 0 {
				t.Error("there is not one user, or a sign-up is left")
			}
		})

		t.Run("with optional confirmation, one gets in and the others are told", func(t *testing.T) {
			w := w.Replica(authtest.Difference{Config: authtest.Optional})
			before := users(t, w)
			oneWins(t, atOnce(fifty, func(int) error {
				_, err := w.Register(t.Context(), auth.RegisterInput{Email: nobody, Password: adasPassword})
				return err
			}), auth.EmailTaken)
			if n := users(t, w) - before; n != 1 {
				t.Errorf("%d users were made, want 1", n)
			}
		})
	})
}

func TestWithoutConfirmationNoneIsMailed(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.None)
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword})
	must(t, err)
	must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
	w.NoLetter(t)
}
