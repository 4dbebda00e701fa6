package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// The same password, typed on keyboards that write different spaces.
const (
	spacedPassword    secret.Text = marker + " de Ada 1815"
	noBreakPassword   secret.Text = marker + "\u00a0de Ada 1815"
	wideSpacePassword secret.Text = marker + "\u3000de\u2009Ada\u00a01815"
)

func TestEverySpaceOfAPasswordIsTheSame(t *testing.T) {
	t.Parallel()
	w := optional(t)
	w.Join(t, ada, noBreakPassword)
	for _, typed := range []secret.Text{spacedPassword, noBreakPassword, wideSpacePassword} {
		if !logsIn(t, w, ada, typed) {
			t.Errorf("%+q does not log in, want the same password", typed.Reveal())
		}
	}
}

// hashAsBefore gives a user the hash that a release before this one made of the password.
func hashAsBefore(t *testing.T, w *authtest.World, user *auth.User, password secret.Text) secret.Text {
	t.Helper()
	hash, err := w.Hasher.Hash(t.Context(), password)
	must(t, err)
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error {
		return tx.SetPassword(t.Context(), user.ID, hash, w.Clock.Now())
	}))
	return hash
}

func TestAPasswordThatWasHashedWithItsSpacesStillWorks(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Optional)
		user := w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		before := hashAsBefore(t, w, user, noBreakPassword)
		lovelace := w.Join(t, lady, adasPassword)
		other, _ := w.LogIn(t, lady, adasPassword) // whose password is changed
		hashAsBefore(t, w, lovelace, noBreakPassword)

		for name, try := range map[string]func(secret.Text) error{
			"HTTP Basic": func(p secret.Text) error {
				_, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: p})
				return err
			},
			"reauthenticate": func(p secret.Text) error {
				_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &p})
				return err
			},
			"change password": func(p secret.Text) error {
				_, err := w.ChangePassword(t.Context(), other, auth.ChangePasswordInput{CurrentPassword: &p, NewPassword: newPassword})
				return err
			},
		} {
			if err := try(wideSpacePassword); err == nil {
				t.Errorf("%s: got no error, want another password than that of the hash to be wrong", name)
			}
			if err := try(noBreakPassword); err != nil {
				t.Errorf("%s: got %v, want the password as it was hashed before to be right", name, err)
			}
		}
		if got := reload(t, w, ada).PasswordHash; got != before {
			t.Error("the hash was replaced, want that to wait for a login")
		}

		if !logsIn(t, w, ada, noBreakPassword) {
			t.Fatal("the password as it was hashed before does not log in")
		}
		after := reload(t, w, ada).PasswordHash
		if after == before {
			t.Error("the hash is the same, want one of the form that is compared now")
		}
		if !logsIn(t, w, ada, spacedPassword) || !logsIn(t, w, ada, wideSpacePassword) {
			t.Error("after that login another space does not log in, want it to be the same")
		}
		if reload(t, w, ada).PasswordHash != after {
			t.Error("the new hash was replaced again")
		}
	})
}

// Two comparisons are made of what was typed, whether anyone has the address, has that password, or neither.
func TestAPasswordWithOtherSpacesIsTheSameWork(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
	special := population(t, w)
	const wrong = marker + "\u00a0or not 0"
	former, now := "former@x.example", "now@x.example"
	for _, email := range []string{former, now} {
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Role: auth.RoleUser, Password: noBreakPassword})
		must(t, err)
		if email == former {
			hashAsBefore(t, w, user, noBreakPassword)
		}
	}
	outbox(t, w)

	attempt := func(email string, password secret.Text) work {
		return measure(t, w, func(w *authtest.World) (any, error) {
			return w.Login(t.Context(), auth.LoginInput{Email: email, Password: password})
		})
	}
	want := attempt(nobody, wrong)
	if want.Hashes != 2 {
		t.Fatalf("for an unknown address there are %v hashes, want 2", want.Hashes)
	}
	for email, who := range special {
		if diff := cmp.Diff(want, attempt(email, wrong)); diff != "" {
			t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
		}
	}
	for _, email := range []string{former, now} {
		if diff := cmp.Diff(want, attempt(email, noBreakPassword)); diff != "" {
			t.Errorf("it is different for the right password of %s, who has not confirmed (-unknown +known):\n%s", email, diff)
		}
	}
	if got := attempt(nobody, wrongPassword); got.Hashes != 1 {
		t.Errorf("a password with the usual spaces takes %v hashes, want 1", got.Hashes)
	}
}
