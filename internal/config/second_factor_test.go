package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestWhoMustHaveASecondFactor(t *testing.T) {
	t.Parallel()
	production := config.Settings{
		Env: "production", PublicURL: "https://auth.example.com", SecretKey: "q6fr5rHLFvzmpQ7F2XyZKxD8bJqzK9c2Yb5T3m1s0aE=",
		SMTPURL: "smtp://user:word@mail.example.com:587", MailFrom: "hello@example.com",
	}
	for _, c := range []struct {
		given, development, production string
	}{
		{"", "nobody", "staff"},
		{"nobody", "nobody", "nobody"},
		{"Admin", "admin", "admin"},
		{"STAFF", "staff", "staff"},
		{"everybody", "everybody", "everybody"},
	} {
		for mode, settings := range map[string]config.Settings{"development": {}, "production": production} {
			settings.RequireSecondFactor = c.given
			resolved, err := settings.Resolve()
			if err != nil {
				t.Fatalf("%q in %s: %v", c.given, mode, err)
			}
			want := c.development
			if mode == "production" {
				want = c.production
			}
			if got := resolved.RequireSecondFactor; got != want {
				t.Errorf("%q in %s: got %q, want %q", c.given, mode, got, want)
			}
		}
	}
	if _, err := (config.Settings{RequireSecondFactor: "users"}).Resolve(); err == nil {
		t.Error("users: got no fault, want one")
	}
}
