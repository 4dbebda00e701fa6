package auth_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

var _ = newDeed("what an administrator does to the account of another", func(t *testing.T, w *authtest.World) {
	admin := administrator(t, w)
	w.Join(t, ada, adasPassword)
	w.LogIn(t, ada, adasPassword)
	_, err := w.EndAccountSessions(t.Context(), admin, ada)
	must(t, err)
	_, err = w.SendPasswordReset(t.Context(), admin, ada)
	must(t, err)
	_, err = w.DeleteUser(t.Context(), admin.Because("asked for it"), ada)
	must(t, err)
})

// chief is the address of an administrator.
const chief = "chief@example.org"

// administrator makes an administrator, and returns them as somebody who acts.
func administrator(t *testing.T, w *authtest.World) auth.Actor {
	t.Helper()
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: chief, Password: adasPassword, Role: auth.RoleAdmin, Verified: true})
	must(t, err)
	caller, _ := w.LogIn(t, chief, adasPassword)
	return auth.Administrator(caller)
}
