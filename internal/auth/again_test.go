package auth_test

import (
	"context"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestWithoutConfirmationNoneIsMailed(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.None)
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword})
	must(t, err)
	must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
	w.NoLetter(t)
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

func (s takenOnce) InTx(ctx context.Context, fn func(auth.Store) error) error {
	if !*s.taken {
		*s.taken = true
		return auth.ErrEmailTaken
	}
	return s.Store.InTx(ctx, fn)
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
