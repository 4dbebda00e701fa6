package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What is on record of the address in the tests of letters: of the user, and of the sign-up.
const (
	usersAddress   = "Ada@Lovelace.example"
	signUpsAddress = "ADA@lovelace.example"
)

// state is what is known of the address when a letter is composed.
type state struct {
	name                                     string
	hasUser, confirmed, disabled, noPassword bool
	hasSignUp, expired                       bool
	signUp, confirmation, reset, changed     auth.LetterKind // the letter of each job; empty: none
	signUpTo, confirmationTo, resetTo        string
}

var states = []state{
	{name: "nothing is known"},
	{
		name: "a sign-up", hasSignUp: true,
		signUp: auth.LetterConfirm, confirmation: auth.LetterConfirm, reset: auth.LetterReset,
		signUpTo: signUpsAddress, confirmationTo: signUpsAddress, resetTo: signUpsAddress,
	},
	{name: "a sign-up that has expired", hasSignUp: true, expired: true},
	{
		name: "an unconfirmed user", hasUser: true,
		confirmation: auth.LetterConfirm, reset: auth.LetterReset, changed: auth.LetterPasswordChanged,
		confirmationTo: usersAddress, resetTo: usersAddress,
	},
	{
		name: "an unconfirmed user without a password", hasUser: true, noPassword: true,
		confirmation: auth.LetterConfirm, reset: auth.LetterReset, changed: auth.LetterPasswordChanged,
		confirmationTo: usersAddress, resetTo: usersAddress,
	},
	{
		name: "an unconfirmed user and a sign-up", hasUser: true, hasSignUp: true,
		signUp: auth.LetterConfirm, confirmation: auth.LetterConfirm, reset: auth.LetterReset, changed: auth.LetterPasswordChanged,
		signUpTo: signUpsAddress, confirmationTo: usersAddress, resetTo: usersAddress,
	},
	{
		name: "an unconfirmed user and a sign-up that has expired", hasUser: true, hasSignUp: true, expired: true,
		confirmation: auth.LetterConfirm, reset: auth.LetterReset, changed: auth.LetterPasswordChanged,
		confirmationTo: usersAddress, resetTo: usersAddress,
	},
	{
		name: "a confirmed user", hasUser: true, confirmed: true,
		reset: auth.LetterReset, changed: auth.LetterPasswordChanged, resetTo: usersAddress,
	},
	{
		name: "a confirmed user without a password", hasUser: true, confirmed: true, noPassword: true,
		reset: auth.LetterReset, changed: auth.LetterPasswordChanged, resetTo: usersAddress,
	},
	{
		name: "a confirmed user and a sign-up", hasUser: true, confirmed: true, hasSignUp: true,
		signUp: auth.LetterAlreadyRegistered, reset: auth.LetterReset, changed: auth.LetterPasswordChanged,
		signUpTo: usersAddress, resetTo: usersAddress,
	},
	{
		name: "a disabled user and a sign-up", hasUser: true, confirmed: true, disabled: true, hasSignUp: true,
		changed: auth.LetterPasswordChanged,
	},
	{
		name: "a disabled unconfirmed user and a sign-up", hasUser: true, disabled: true, hasSignUp: true,
		changed: auth.LetterPasswordChanged,
	},
}

// newDevice is the letter about a new device: there is one where there is one about the password.
func (s state) newDevice() auth.LetterKind {
	if s.changed == "" {
		return ""
	}
	return auth.LetterNewDevice
}

// arrange brings the address into the state and returns the ids of the user and of the sign-up, or
// some that nobody has.
func (s state) arrange(t *testing.T, w *authtest.World) (userID, signUpID uuid.UUID) {
	t.Helper()
	userID, signUpID = uuid.New(), uuid.New()
	if s.hasSignUp {
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: signUpsAddress, Name: "Eve", Password: evesPassword})
		must(t, err)
		must(t, w.EachSignUp(t.Context(), func(s *auth.SignUp) error { signUpID = s.ID; return nil }))
	}
	if s.hasUser {
		account := auth.NewAccount{Email: usersAddress, Name: "Ada", Role: auth.RoleUser, Password: adasPassword, Verified: s.confirmed}
		if s.noPassword {
			account.Password = ""
		}
		user, err := w.CreateAccount(t.Context(), account)
		must(t, err)
		userID = user.ID
	}
	if s.disabled {
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
	}
	if s.expired {
		w.Clock.Advance(7 * 24 * time.Hour)
	}
	return userID, signUpID
}

func TestComposeDecidesByWhoHasTheAddress(t *testing.T) {
	t.Parallel()
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			w := mandatory(t)
			userID, signUpID := s.arrange(t, w)
			w.Clock.Advance(time.Hour)
			owed := w.Clock.Now().Add(-time.Minute)
			for _, c := range []struct {
				item auth.OutboxItem
				want auth.LetterKind
				to   string
			}{
				{auth.OutboxItem{Job: auth.JobSignUp, SignUpID: signUpID}, s.signUp, s.signUpTo},
				{auth.OutboxItem{Job: auth.JobConfirmation, EmailKey: ada}, s.confirmation, s.confirmationTo},
				{auth.OutboxItem{Job: auth.JobPasswordReset, EmailKey: ada}, s.reset, s.resetTo},
				{auth.OutboxItem{Job: auth.JobPasswordChanged, UserID: userID}, s.changed, usersAddress},
				{auth.OutboxItem{Job: auth.JobNewDevice, UserID: userID}, s.newDevice(), usersAddress},
			} {
				t.Run(string(c.item.Job), func(t *testing.T) {
					c.item.CreatedAt = owed
					letter, err := w.Compose(t.Context(), &c.item)
					if c.want == "" {
						if !errors.Is(err, auth.ErrNoLetter) || letter != nil {
							t.Errorf("the answer is %+v, %v, want no letter", letter, err)
						}
						return
					}
					must(t, err)
					if letter.Kind != c.want || letter.To.Address != c.to || letter.To.Canonical != ada {
						t.Errorf("it is %s to %+v, want %s to %s", letter.Kind, letter.To, c.want, c.to)
					}
					checkLetter(t, w, letter, s, owed)
				})
			}
		})
	}
}

// checkLetter tests what holds for each kind of letter, whatever the job.
func checkLetter(t *testing.T, w *authtest.World, letter *auth.Letter, s state, owed time.Time) {
	t.Helper()
	name, purpose, kind, validFor, at := "", auth.PurposeReset, secret.ResetToken, time.Hour, w.Clock.Now()
	if s.confirmed {
		name = "Ada"
	}
	switch letter.Kind {
	case auth.LetterConfirm:
		purpose, kind, validFor = auth.PurposeConfirm, secret.ConfirmToken, 24*time.Hour
	case auth.LetterPasswordChanged, auth.LetterNewDevice:
		validFor, at = 0, owed
	case auth.LetterReset, auth.LetterAlreadyRegistered:
	default:
		t.Errorf("a letter of kind %s", letter.Kind)
	}
	if letter.Name != name {
		t.Errorf("it greets %q, want %q: who has not confirmed may be a stranger", letter.Name, name)
	}
	if letter.ValidFor != validFor || !letter.At.Equal(at) {
		t.Errorf("it is of %v, valid for %v, want %v and %v", letter.At, letter.ValidFor, at, validFor)
	}
	if validFor == 0 {
		if letter.Token != "" {
			t.Error("a notice has a token")
		}
		return
	}

	must(t, secret.CheckToken(kind, letter.Token))
	token, err := w.Store.TokenByDigest(t.Context(), purpose, secret.Digest(letter.Token))
	must(t, err)
	if token.EmailKey != ada || token.Purpose != purpose || token.ExpiresAt.Sub(w.Clock.Now()) != validFor {
		t.Errorf("the token is for %s to %s until %v", token.Purpose, token.EmailKey, token.ExpiresAt)
	}
}

func TestComposeTellsHowLongALinkReallyWorks(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	signUp(t, w, ada, adasPassword)
	w.Letters(t)
	w.Clock.Advance(7*24*time.Hour - 30*time.Minute)
	for _, job := range []auth.Job{auth.JobConfirmation, auth.JobPasswordReset} {
		t.Run(string(job)+" of a sign-up that expires before", func(t *testing.T) {
			letter, err := w.Compose(t.Context(), &auth.OutboxItem{Job: job, EmailKey: ada})
			must(t, err)
			if letter.ValidFor != 30*time.Minute {
				t.Errorf("it says %v, want the half hour for which the sign-up still waits", letter.ValidFor)
			}
		})
	}
}

func TestComposeAgain(t *testing.T) {
	t.Parallel()
	t.Run("mints another token, and both work until one is used", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		item := &auth.OutboxItem{Job: auth.JobPasswordReset, EmailKey: ada}
		first, err := w.Compose(t.Context(), item)
		must(t, err)
		second, err := w.Compose(t.Context(), item)
		must(t, err)
		if first.Token == second.Token {
			t.Fatal("both letters have the same token")
		}
		_, err = w.ResetPassword(t.Context(), first.Token, shortPassword)
		refused(t, err, auth.PasswordTooShort)
		_, err = w.ResetPassword(t.Context(), second.Token, newPassword)
		must(t, err)
		_, err = w.ResetPassword(t.Context(), first.Token, newPassword)
		refused(t, err, auth.InvalidToken)
	})

	t.Run("the letter goes where the user is then", func(t *testing.T) {
		w := mandatory(t)
		user := w.Join(t, ada, adasPassword)
		user.Email = address.Email{Address: nobody, Canonical: nobody}
		must(t, w.Store.UpdateUser(t.Context(), user))
		letter, err := w.Compose(t.Context(), &auth.OutboxItem{Job: auth.JobPasswordChanged, UserID: user.ID})
		must(t, err)
		if letter.To.Address != nobody {
			t.Errorf("it goes to %s", letter.To.Address)
		}
		_, err = w.Compose(t.Context(), &auth.OutboxItem{Job: auth.JobPasswordReset, EmailKey: ada})
		if !errors.Is(err, auth.ErrNoLetter) {
			t.Errorf("the old address gets %v", err)
		}
	})

	t.Run("a job of a newer version is no reason to drop it", func(t *testing.T) {
		_, err := mandatory(t).Compose(t.Context(), &auth.OutboxItem{Job: "greeting", EmailKey: ada})
		if err == nil || errors.Is(err, auth.ErrNoLetter) {
			t.Errorf("the error is %v", err)
		}
	})
}
