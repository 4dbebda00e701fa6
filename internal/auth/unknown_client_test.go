//go:build !race

package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestTheTrailOfUnknownClientsIsBounded: behind a Unix socket nothing limits a client, and whoever makes names, passkeys
// and requests up fills the database otherwise. Accounts and made-up names are alike.
func TestTheTrailOfUnknownClientsIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 600
	for name, c := range map[string]struct {
		try  func(t *testing.T, w *authtest.World) error
		code auth.ProblemCode
	}{
		"names that nobody has": {func(t *testing.T, w *authtest.World) error {
			_, err := w.Login(t.Context(), auth.LoginInput{Email: uuid.NewString() + "@x.example", Password: evesPassword})
			return err
		}, auth.InvalidCredentials},
		"wrong passwords of an account": {func(t *testing.T, w *authtest.World) error {
			_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: evesPassword})
			return err
		}, auth.InvalidCredentials},
		"passkeys that nobody has": {func(t *testing.T, w *authtest.World) error {
			_, err := w.LoginWithPasskey(t.Context(), auth.LoginWithPasskeyInput{State: "x"})
			return err
		}, auth.PasskeyInvalid},
		"codes of requests that nobody made": {func(t *testing.T, w *authtest.World) error {
			_, err := w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: uuid.New(), Code: secret.NewCode()})
			return err
		}, auth.InvalidCode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.SQLite(t), authtest.WithPasskeys(authtest.WithLoginCodes(authtest.Optional)))
			w.Join(t, ada, adasPassword)
			before := len(eventsOf(t, w, ""))
			for range bound + 20 {
				refused(t, c.try(t, w), c.code)
			}
			if n := len(eventsOf(t, w, "")) - before; n != bound {
				t.Errorf("%d events are written down, want %d", n, bound)
			}
		})
	}
}
