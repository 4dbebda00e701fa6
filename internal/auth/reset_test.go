package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("password_reset", normalPriority)

func TestResetPassword(t *testing.T) {
	t.Parallel()
	t.Run("replaces the password, confirms the address and tells the owner", func(t *testing.T) {
		w := optional(t)
		signUp(t, w, ada, evesPassword)
		user, err := w.ResetPassword(t.Context(), resetLinkAmong(t, w, ada), newPassword)
		must(t, err)
		if !user.EmailVerified() || !reload(t, w, ada).EmailVerified() {
			t.Error("the address is not confirmed")
		}
		if logsIn(t, w, ada, evesPassword) || !logsIn(t, w, ada, newPassword) {
			t.Error("not the new password works, or the old one")
		}
		if to := w.Letter(t, auth.LetterPasswordChanged).To.Address; to != ada {
			t.Errorf("the notice goes to %s", to)
		}
	})

	t.Run("ends the sessions that a stranger has", func(t *testing.T) {
		w := optional(t)
		eves := signUp(t, w, ada, evesPassword).Grant.Tokens.AccessToken
		_, err := w.ResetPassword(t.Context(), resetLinkAmong(t, w, ada), newPassword)
		must(t, err)
		if lives(t, w, eves) {
			t.Error("the stranger's session goes on")
		}
	})

	t.Run("makes a user of a sign-up, and no password of a sign-up works", func(t *testing.T) {
		w := mandatory(t)
		late := confirmLink(t, w, ada, evesPassword)
		signUp(t, w, ada, adasPassword)
		_, err := w.ResetPassword(t.Context(), resetLinkAmong(t, w, ada), newPassword)
		must(t, err)
		if logsIn(t, w, ada, evesPassword) || logsIn(t, w, ada, adasPassword) || !logsIn(t, w, ada, newPassword) {
			t.Error("not only the new password works")
		}
		_, err = w.ConfirmEmail(t.Context(), late)
		refused(t, err, auth.InvalidToken)
		if users(t, w) != 1 || signUps(t, w) != 0 {
			t.Error("there is not one user and no sign-up")
		}
	})

	t.Run("by the link of a sign-up works for a user who was made meanwhile", func(t *testing.T) {
		w := mandatory(t)
		signUp(t, w, ada, evesPassword)
		link := resetLinkAmong(t, w, ada)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleAdmin, Password: adasPassword})
		must(t, err)
		user, err := w.ResetPassword(t.Context(), link, newPassword)
		must(t, err)
		if user.Role != auth.RoleAdmin || users(t, w) != 1 || !logsIn(t, w, ada, newPassword) {
			t.Error("got another user or a password that fails, want the same user with the new password")
		}
	})

	t.Run("gives a password to a user who has none", func(t *testing.T) {
		w := mandatory(t)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
		must(t, err)
		_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
		must(t, err)
		if !logsIn(t, w, ada, newPassword) {
			t.Error("the password does not work")
		}
	})

	t.Run("of a disabled user is refused", func(t *testing.T) {
		w := mandatory(t)
		user := w.Join(t, ada, adasPassword)
		link := resetLink(t, w, ada)
		user.DisabledAt = w.Clock.Now()
		must(t, w.Store.UpdateUser(t.Context(), user))
		_, err := w.ResetPassword(t.Context(), link, newPassword)
		refused(t, err, auth.InvalidToken)
	})

	t.Run("works for an hour", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		link := resetLink(t, w, ada)
		w.Clock.Advance(time.Hour)
		_, err := w.ResetPassword(t.Context(), link, newPassword)
		refused(t, err, auth.InvalidToken)
		w.Clock.Advance(-time.Microsecond)
		_, err = w.ResetPassword(t.Context(), link, newPassword)
		must(t, err)
	})
}

func TestARejectedPasswordLeavesTheLink(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: marker + " Jones", Role: auth.RoleUser, Verified: true})
	must(t, err)
	link := resetLink(t, w, ada)
	for _, c := range []struct {
		given secret.Text
		want  auth.ProblemCode
	}{
		{"", auth.Required},
		{shortPassword, auth.PasswordTooShort},
		{secret.Text(strings.Repeat(marker, 1<<17)), auth.PasswordTooLong},
		{"password1", auth.PasswordTooCommon},
		{"Lovelace1", auth.PasswordTooSimilar},
		{marker + " Jones", auth.PasswordTooSimilar},
	} {
		t.Run(string(c.want), func(t *testing.T) {
			_, err := w.ResetPassword(t.Context(), link, c.given)
			refused(t, err, c.want)
		})
	}
	t.Run("to a sign-up, too", func(t *testing.T) {
		w := mandatory(t)
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Name: "Eve of " + marker, Password: "something 271828"})
		must(t, err)
		link := resetLinkAmong(t, w, ada)
		_, err = w.ResetPassword(t.Context(), link, marker+"77")
		refused(t, err, auth.PasswordTooSimilar)
		_, err = w.ResetPassword(t.Context(), link, newPassword)
		must(t, err)
	})
	_, err = w.ResetPassword(t.Context(), link, newPassword)
	must(t, err)
}

// use tries a mailed link for what it is for.
func use(t *testing.T, w *authtest.World, link secret.Text) error {
	t.Helper()
	if secret.CheckToken(secret.ConfirmToken, link) == nil {
		_, err := w.ConfirmEmail(t.Context(), link)
		return err
	}
	_, err := w.ResetPassword(t.Context(), link, newPassword)
	return err
}

func TestLinksAreVoidAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, w *authtest.World, reset secret.Text) error
	}{
		{"a reset", func(t *testing.T, w *authtest.World, reset secret.Text) error {
			_, err := w.ResetPassword(t.Context(), reset, newPassword)
			return err
		}},
		{"a change of the password", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			caller, _ := w.LogIn(t, ada, adasPassword)
			current := adasPassword
			_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			return err
		}},
		{"an operator set the password", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			_, err := w.SetPassword(t.Context(), ada, newPassword)
			return err
		}},
		{"an operator disabled the user, even if enabled again", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			if _, err := w.DisableAccount(t.Context(), ada); err != nil {
				return err
			}
			_, err := w.EnableAccount(t.Context(), ada)
			return err
		}},
		{"the user has moved to another address", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			user := reload(t, w, ada)
			user.Email = address.Email{Address: nobody, Canonical: nobody}
			return w.Store.UpdateUser(t.Context(), user)
		}},
		{"somebody else has the address", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			user := reload(t, w, ada)
			user.Email = address.Email{Address: nobody, Canonical: nobody}
			if err := w.Store.UpdateUser(t.Context(), user); err != nil {
				return err
			}
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := optional(t)
			links := []secret.Text{confirmLink(t, w, ada, adasPassword)}
			must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
			links = append(links, w.Letter(t, auth.LetterConfirm).Token, resetLink(t, w, ada))
			must(t, c.do(t, w, resetLink(t, w, ada)))
			for i, link := range links {
				if err := use(t, w, link); err == nil {
					t.Errorf("link %d works", i)
				} else {
					refused(t, err, auth.InvalidToken)
				}
			}
		})
	}
}

func TestLinksAreGoodForOneThing(t *testing.T) {
	t.Parallel()
	w := optional(t)
	confirm := confirmLink(t, w, ada, adasPassword)
	reset := resetLink(t, w, ada)
	_, session := w.LogIn(t, ada, adasPassword)
	reached := 0
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(string) { reached++ })})

	for name, token := range map[string]secret.Text{
		"nothing": "", "a word": marker, "a session's token": session, "a megabyte": secret.Text(strings.Repeat(marker, 1<<17)),
		"a cut link": reset[:len(reset)-1], "a cut confirmation": confirm[:len(confirm)-1],
	} {
		t.Run(name+" is refused without asking the store", func(t *testing.T) {
			_, err := watched.ConfirmEmail(t.Context(), token)
			refused(t, err, auth.InvalidToken)
			_, err = watched.ResetPassword(t.Context(), token, newPassword)
			refused(t, err, auth.InvalidToken)
			if reached != 0 {
				t.Error("the store was asked")
			}
		})
	}
	t.Run("a reset is no confirmation, and a confirmation no reset", func(t *testing.T) {
		_, err := w.ConfirmEmail(t.Context(), reset)
		refused(t, err, auth.InvalidToken)
		_, err = w.ResetPassword(t.Context(), confirm, newPassword)
		refused(t, err, auth.InvalidToken)
	})
	t.Run("the purpose is kept with the digest, not only in the text", func(t *testing.T) {
		forged := secret.NewToken(secret.ResetToken)
		must(t, w.Store.CreateToken(t.Context(), &auth.OneTimeToken{
			Digest: secret.Digest(forged), Purpose: auth.PurposeConfirm, UserID: reload(t, w, ada).ID,
			EmailKey: ada, CreatedAt: w.Clock.Now(), ExpiresAt: w.Clock.Now().Add(time.Hour),
		}))
		_, err := w.ResetPassword(t.Context(), forged, newPassword)
		refused(t, err, auth.InvalidToken)
	})
	t.Run("one that nobody was sent is refused", func(t *testing.T) {
		_, err := w.ConfirmEmail(t.Context(), secret.NewToken(secret.ConfirmToken))
		refused(t, err, auth.InvalidToken)
	})
	t.Run("and once", func(t *testing.T) {
		must(t, use(t, w, confirm))
		refused(t, use(t, w, confirm), auth.InvalidToken)
		must(t, use(t, w, reset))
		refused(t, use(t, w, reset), auth.InvalidToken)
	})
}

func TestRequestsRefuseWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	for name, request := range map[string]func(address string) error{
		"resend": func(a string) error { return w.ResendConfirmationEmail(t.Context(), a, "") },
		"reset":  func(a string) error { return w.RequestPasswordReset(t.Context(), a, "") },
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, request(" "), auth.Required)
			refused(t, request("a@b@c.example"), auth.InvalidEmail)
			refused(t, request("a\x00@b.example"), auth.InvalidEmail)
		})
	}
	items, err := w.Store.LeaseOutbox(t.Context(), uuid.New(), w.Clock.Now(), w.Clock.Now(), 1)
	must(t, err)
	if len(items) != 0 || w.Wakes() != 0 {
		t.Error("a mail is owed")
	}
}
