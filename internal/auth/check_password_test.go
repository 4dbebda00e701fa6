package auth_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestCheckPasswordSaysWhatRegisterWould(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	for _, password := range []secret.Text{
		adasPassword, shortPassword, "", "password1", "lovelace 1815", "LOVELACE1815", "ada@lovelace.example", "Zoë Zoë Zoë Zoë",
		"\x00 and more text", "\xff and more text", secret.Text(strings.Repeat("é", 256)), secret.Text(strings.Repeat("é", 257)),
		secret.Text(strings.Repeat("a", 1<<20)), "Augusta Ada",
	} {
		checked := w.CheckPassword(t.Context(), auth.CheckPasswordInput{Password: password, Email: " " + ada, Username: "Augusta Ada "})
		_, registered := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: password, Name: "Augusta Ada"})
		if (checked == nil) != (registered == nil) || checked != nil && checked.Error() != registered.Error() {
			t.Errorf("of one of %d bytes they say %v and %v", len(password), checked, registered)
		}
		if checked != nil {
			discreet(t, checked)
		}
	}
}

func TestCheckPasswordReachesNothing(t *testing.T) {
	t.Parallel()
	reached := 0
	store := authtest.Observe(authtest.SQLite(t), func(string) { reached++ })
	w := authtest.New(t, store, authtest.Mandatory)
	for _, password := range []secret.Text{adasPassword, shortPassword} {
		for _, about := range []string{"", ada, "a", "\x00", strings.Repeat(ada, 1<<12)} {
			if err := w.CheckPassword(t.Context(), auth.CheckPasswordInput{Password: password, Email: about, Username: about}); (err == nil) != (password == adasPassword) {
				t.Errorf("the answer is %v", err)
			}
		}
	}
	if reached != 0 {
		t.Error("the store was asked")
	}
}
