package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestWhatChangesNothingIsNotWrittenDown asks for what is so already.
func TestWhatChangesNothingIsNotWrittenDown(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	joinAs(t, w, ada, "ada", adasPassword)
	caller, token := w.LogIn(t, ada, adasPassword)
	name, empty := "", map[string]any{}
	for what, do := range map[string]func() error{
		"the end of all other sessions": func() error {
			ended, err := w.LogoutAll(t.Context(), caller, true)
			if ended != 0 {
				t.Errorf("got %d sessions ended, want none", ended)
			}
			return err
		},
		"a profile": func() error {
			_, err := w.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Name: &name, Profile: &empty})
			return err
		},
		"a username": func() error { _, err := w.ChangeUsername(t.Context(), caller, "ada"); return err },
		"the end of no session": func() error {
			_, err := w.RevokeSession(t.Context(), caller, uuid.New())
			refused(t, err, auth.NotFound)
			return nil
		},
		"a logout without a token": func() error { return w.Logout(t.Context(), "") },
	} {
		t.Run(what, func(t *testing.T) {
			before := len(eventsOf(t, w, ""))
			must(t, do())
			if written := len(eventsOf(t, w, "")) - before; written != 0 {
				t.Errorf("got %d events written down, want none", written)
			}
		})
	}
	if !lives(t, w, token) {
		t.Error("got the session ended, want it alive")
	}
}
