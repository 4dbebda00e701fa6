package auth_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestTheReportNamesTheAccount(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.LoginCodes, config.Usernames = true, auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	report := func(do func(ctx context.Context) error) []string {
		t.Helper()
		r := &auth.Report{}
		if err := do(auth.WithReport(t.Context(), r)); err != nil {
			authtest.Codes(t, err) // what a user can mend, and nothing else
		}
		return r.Accounts()
	}
	discard := func(_ any, err error) error { return err }

	// The address is nobody's: what is named does not depend on who is known.
	for name, do := range map[string]func(ctx context.Context) error{
		"login": func(ctx context.Context) error {
			return discard(w.Login(ctx, auth.LoginInput{Email: " Ada@Lovelace.example ", Password: wrongPassword}))
		},
		"sign-up": func(ctx context.Context) error {
			return discard(w.Register(ctx, auth.RegisterInput{Email: ada, Password: adasPassword}))
		},
		"confirmation": func(ctx context.Context) error { return w.ResendConfirmationEmail(ctx, ada, "") },
		"reset":        func(ctx context.Context) error { return w.RequestPasswordReset(ctx, ada, "") },
		"code":         func(ctx context.Context) error { return discard(w.RequestLoginCode(ctx, ada)) },
	} {
		if got := report(do); !slices.Equal(got, []string{ada}) {
			t.Errorf("%s: the report names %q", name, got)
		}
	}

	t.Run("by the username where that was given", func(t *testing.T) {
		got := report(func(ctx context.Context) error {
			return discard(w.Login(ctx, auth.LoginInput{Username: "Ada", Password: wrongPassword}))
		})
		if !slices.Equal(got, []string{"ada"}) {
			t.Errorf("the report names %q", got)
		}
	})

	t.Run("once each, and ten at most", func(t *testing.T) {
		got := report(func(ctx context.Context) error {
			for i := range 30 {
				if err := w.RequestPasswordReset(ctx, fmt.Sprintf("user%d@lovelace.example", i/2), ""); err != nil {
					return err
				}
			}
			return nil
		})
		if len(got) != 10 || got[1] != "user1@lovelace.example" {
			t.Errorf("the report names %q", got)
		}
	})

	t.Run("and not by what no account could have, which may be a password", func(t *testing.T) {
		if got := report(func(ctx context.Context) error {
			return discard(w.Login(ctx, auth.LoginInput{Email: string(adasPassword), Password: adasPassword}))
		}); len(got) > 0 {
			t.Error("the report names something that is no address")
		}
	})

	t.Run("but does not print it", func(t *testing.T) {
		r := &auth.Report{}
		must(t, w.RequestPasswordReset(auth.WithReport(t.Context(), r), ada, ""))
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if strings.Contains(fmt.Sprintf(verb, r), ada) {
				t.Errorf("%s prints the address", verb)
			}
		}
	})
}
