package auth_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("password_changed", normalPriority)

// change changes the password of the caller; an empty current password is left out.
func change(t *testing.T, w *authtest.World, caller *auth.Caller, current, next secret.Text) (*auth.PasswordChange, error) {
	t.Helper()
	in := auth.ChangePasswordInput{NewPassword: next}
	if current != "" {
		in.CurrentPassword = &current
	}
	return w.ChangePassword(t.Context(), caller, in)
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	w.LogIn(t, ada, adasPassword)
	_, old := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(20 * 24 * time.Hour)
	if !lives(t, w, old) {
		t.Fatal("the session has ended")
	}
	caller, err := w.Authenticate(t.Context(), old)
	must(t, err)
	done, err := change(t, w, caller, adasPassword, newPassword)
	must(t, err)

	t.Run("replaces the password", func(t *testing.T) {
		if logsIn(t, w, ada, adasPassword) || !logsIn(t, w, ada, newPassword) {
			t.Error("not the new password works, or the old one")
		}
	})
	t.Run("renews the token of the caller's session, and says how many others ended", func(t *testing.T) {
		if lives(t, w, old) || !lives(t, w, done.Tokens.AccessToken) || done.EndedCount != 1 {
			t.Errorf("the old token works, or the new one does not; %d ended", done.EndedCount)
		}
	})
	t.Run("makes the session fresh, and no longer", func(t *testing.T) {
		renewed, err := w.Authenticate(t.Context(), done.Tokens.AccessToken)
		must(t, err)
		if renewed.Session.ID != caller.Session.ID || !renewed.Session.Fresh(w.Clock.Now()) {
			t.Error("got another session or a stale one, want the same, fresh")
		}
		if !renewed.Session.EndsAt.Equal(caller.Session.EndsAt) || !done.Tokens.ExpiresAt.Equal(renewed.Session.ExpiresAt()) {
			t.Error("the session lives longer, or the answer says so")
		}
	})
	t.Run("tells the owner", func(t *testing.T) {
		if to := w.Letter(t, auth.LetterPasswordChanged).To.Address; to != ada {
			t.Errorf("the notice goes to %s", to)
		}
	})
}

func TestChangePasswordNamesEveryProblem(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, token := w.LogIn(t, ada, adasPassword)
	for _, c := range []struct {
		name          string
		current, next secret.Text
		want          []auth.ProblemCode
	}{
		{"nothing is given", "", "", []auth.ProblemCode{auth.Required, auth.Required}},
		{"both are wrong: nothing is compared", wrongPassword, shortPassword, []auth.ProblemCode{auth.PasswordTooShort}},
		{"the current one is wrong", wrongPassword, newPassword, []auth.ProblemCode{auth.IncorrectPassword}},
		{"the current one is no text", adasPassword + "\x00", newPassword, []auth.ProblemCode{auth.Required}},
		{"the new one is the address", adasPassword, ada, []auth.ProblemCode{auth.PasswordTooSimilar}},
		{"the new one is common", adasPassword, "password1", []auth.ProblemCode{auth.PasswordTooCommon}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := change(t, w, caller, c.current, c.next)
			refused(t, err, c.want...)
		})
	}
	t.Run("and nothing has changed", func(t *testing.T) {
		if !lives(t, w, token) || !logsIn(t, w, ada, adasPassword) {
			t.Error("the session has ended, or the password does not work")
		}
		w.NoLetter(t)
	})
}

func TestChangePasswordOfWhoHasNone(t *testing.T) {
	t.Parallel()
	// Such a session comes of a way to log in without a password.
	arrange := func(t *testing.T) (*authtest.World, *auth.Caller) {
		t.Helper()
		w := mandatory(t)
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Verified: true})
		must(t, err)
		now := w.Clock.Now().UTC()
		session := &auth.Session{
			ID: uuid.Must(uuid.NewV7()), UserID: user.ID, TokenDigest: secret.Digest(secret.NewToken(secret.SessionToken)),
			CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now, EndsAt: now.Add(day),
		}
		must(t, w.Store.CreateSession(t.Context(), session))
		return w, &auth.Caller{User: user, Session: session}
	}

	t.Run("needs no current one while the login is fresh", func(t *testing.T) {
		w, caller := arrange(t)
		w.Clock.Advance(10*time.Minute - time.Microsecond)
		_, err := change(t, w, caller, "", newPassword)
		must(t, err)
		if !logsIn(t, w, ada, newPassword) {
			t.Error("the password does not work")
		}
	})
	t.Run("needs a login when it is not", func(t *testing.T) {
		w, caller := arrange(t)
		w.Clock.Advance(10 * time.Minute)
		_, err := change(t, w, caller, "", newPassword)
		failed(t, err, auth.NotFresh)
		_, err = change(t, w, caller, wrongPassword, newPassword)
		failed(t, err, auth.NotFresh)
	})
	t.Run("has the rules of any new one", func(t *testing.T) {
		w, caller := arrange(t)
		_, err := change(t, w, caller, "", shortPassword)
		refused(t, err, auth.PasswordTooShort)
	})
	t.Run("fails when they got one meanwhile", func(t *testing.T) {
		w, caller := arrange(t)
		must(t, w.Store.SetPassword(t.Context(), caller.User.ID, "$argon2id$", w.Clock.Now()))
		_, err := change(t, w, caller, "", newPassword)
		refused(t, err, auth.Required)
	})
}

func TestChangePasswordWhileSomethingChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		do    func(t *testing.T, w *authtest.World, token secret.Text) error
		check func(t *testing.T, err error)
	}{
		{"the session ends", func(t *testing.T, w *authtest.World, token secret.Text) error {
			return w.Logout(t.Context(), token)
		}, func(t *testing.T, err error) { failed(t, err, auth.Unauthenticated) }},
		{"the user is disabled", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			_, err := w.DisableAccount(t.Context(), ada)
			return err
		}, func(t *testing.T, err error) { failed(t, err, auth.Unauthenticated) }},
		{"the password is set by an operator", func(t *testing.T, w *authtest.World, _ secret.Text) error {
			_, err := w.SetPassword(t.Context(), ada, wrongPassword)
			return err
		}, func(t *testing.T, err error) { refused(t, err, auth.IncorrectPassword) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			caller, token := w.LogIn(t, ada, adasPassword)
			var meanwhile sync.Once
			watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
				if method == "InTx" {
					meanwhile.Do(func() { must(t, c.do(t, w, token)) })
				}
			})})
			before := reload(t, w, ada).PasswordHash
			_, err := change(t, watched, caller, adasPassword, newPassword)
			c.check(t, err)
			if after := reload(t, w, ada).PasswordHash; after != before && c.name != "the password is set by an operator" {
				t.Error("the password has changed")
			}
			if watched.Wakes() != 0 {
				t.Error("the mailer was told of mail")
			}
		})
	}

	t.Run("somebody who is not there any more has no session", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		ghost := *caller.User
		ghost.ID = uuid.New()
		_, err := change(t, w, &auth.Caller{User: &ghost, Session: caller.Session}, adasPassword, newPassword)
		failed(t, err, auth.Unauthenticated)
	})
}

// TestAChangeWhileALoginRehashes replaces the hash by another of the same password while the change
// verifies it: the right password is still right.
func TestAChangeWhileALoginRehashes(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	rehashed := false
	late := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		if method == "InTx" && !rehashed {
			rehashed = true
			hash, err := w.Hasher.Hash(t.Context(), adasPassword)
			must(t, err)
			must(t, w.Store.SetPassword(t.Context(), caller.User.ID, hash, w.Clock.Now()))
		}
	})})
	current := adasPassword
	_, err := late.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
	must(t, err)
	if !rehashed || !logsIn(t, w, ada, newPassword) {
		t.Error("the new password does not work")
	}
}
